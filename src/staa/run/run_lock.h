#pragma once

#include <filesystem>

namespace staa::run {

/// Holds a run's folder for one training, by an advisory lock on the file run.lock in it. It
/// vanishes with the process, however that ends. A file system without locks gives none.
class RunLock {
 public:
  /// Holds nothing.
  RunLock() = default;
  /// Throws Error(kUsage) naming the process and the host that hold `folder`, Error(kIo) where the
  /// file cannot be made.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Locks `folder` as well as the constructor would; once.
  void lock(const std::filesystem::path& folder);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace staa::run
