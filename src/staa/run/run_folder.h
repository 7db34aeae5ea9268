#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace staa::run {

/// The folder of one run:
///   recipe.toml        the resolved recipe
///   train.log          what was said
///   metrics.jsonl      one object an epoch
///   environment.jsonl  one object a start: where it ran, and with what
///   events.out.tfevents.*  a file a start, for TensorBoard
///   run.lock           while a training holds the folder (run_lock.h)
///   last.safetensors   the newest checkpoint, to go on from
///   best.safetensors   the weights of the epoch with the best test accuracy
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path recipe() const { return root_ / "recipe.toml"; }
  std::filesystem::path log() const { return root_ / "train.log"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path environment() const { return root_ / "environment.jsonl"; }
  std::filesystem::path last() const { return root_ / "last.safetensors"; }
  std::filesystem::path best() const { return root_ / "best.safetensors"; }

  /// The weights that `which`, "best" or "last", names. Throws Error(kUsage) where there are none.
  std::filesystem::path weights(const std::string& which) const;

  /// True when a run has been started here.
  bool has_run() const;

  /// Adds one line to metrics.jsonl and flushes it to the disk.
  void append_metrics(const std::string& json_line) const;

  /// Adds one line to environment.jsonl.
  void append_environment(const std::string& json_line) const;

  /// Keeps the rows of the first `epochs` epochs: a run killed between its metrics and its
  /// checkpoint repeats that epoch.
  void keep_metrics(std::int64_t epochs) const;

 private:
  std::filesystem::path root_;
};

}  // namespace staa::run
