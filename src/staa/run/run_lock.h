#pragma once

#include <filesystem>

namespace staa::run {

/// Reserves a run's folder for one training, with an advisory lock on the file run.lock in it. The
/// lock disappears with the process, however that ends. On a file system without locks nothing is
/// reserved.
class RunLock {
 public:
  /// Locks nothing.
  RunLock() = default;
  /// Locks `folder`. Throws Error(kUsage) naming the process and host that hold it, or Error(kIo)
  /// if the lock file cannot be created.
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Does what the constructor with a folder does. Call it at most once.
  void lock(const std::filesystem::path& folder);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace staa::run
