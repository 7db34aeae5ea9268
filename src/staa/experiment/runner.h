#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

struct RunnerOptions {
  std::filesystem::path program;     ///< that has `train`: this one
  std::int64_t jobs = 1;             ///< runs at once
  std::int64_t threads = 1;          ///< of each run, unless its recipe names them
  std::vector<std::string> devices;  ///< CUDA devices, dealt to the jobs in turn; empty: not set
};

/// What is told while runs go on.
struct RunnerEvents {
  std::function<void(const std::string& line)> say;
  std::function<void(const std::string& line)> status;  ///< replaces the one before
  std::function<void()> finished;                       ///< after each run
  std::function<int()> stop_signal;                     ///< that asks for an end, or 0
};

struct RunnerResult {
  std::vector<std::string> failures;  ///< a line a failed run
  int signal = 0;                     ///< that ended the grid, or 0
};

/// Trains every run that is not finished, each as a process of its own: `program train`. Runs that
/// were begun go on from their checkpoints. A run that fails is told of and does not stop the
/// others. A signal is handed on to the runs at work, which stop with a checkpoint. Each run's
/// output is added to FOLDER.log.
///
/// Throws Error(kUsage), before anything is started, where a run of another recipe is in a folder.
RunnerResult execute(const std::vector<Run>& runs, const RunnerOptions& options,
                     const RunnerEvents& events);

/// Keeps other grids out of a folder. The processes that are started hold it too, so that what a
/// killed grid left running ends before the next one begins.
class FolderLock {
 public:
  /// Waits up to `seconds`, then throws Error(kUsage).
  FolderLock(const std::filesystem::path& folder, double seconds);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace staa::experiment
