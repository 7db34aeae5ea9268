#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace staa::run {

/// The folder of one run:
///   recipe.toml        the resolved recipe
///   train.log          the messages of the run
///   metrics.jsonl      one object per epoch
///   environment.jsonl  one object per start: where and with what the run was started
///   events.out.tfevents.*  one file per start, for TensorBoard
///   run.lock           exists while a training holds the folder (run_lock.h)
///   last.safetensors   the newest checkpoint, for resuming
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

  /// The weights file for `which`, "best" or "last". Throws Error(kUsage) if it does not exist.
  std::filesystem::path weights(const std::string& which) const;

  /// Whether a run has been started here.
  bool has_run() const;

  /// Appends one line to metrics.jsonl and flushes it to the disk.
  void append_metrics(const std::string& json_line) const;

  /// Appends one line to environment.jsonl.
  void append_environment(const std::string& json_line) const;

  /// Keeps only the rows of the first `epochs` epochs: a run that was killed after writing its
  /// metrics but before its checkpoint repeats that epoch.
  void keep_metrics(std::int64_t epochs) const;

 private:
  std::filesystem::path root_;
};

}  // namespace staa::run
