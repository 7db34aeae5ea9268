#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

struct RunnerOptions {
  std::filesystem::path program;     ///< the program with the subcommand `train`: this one
  std::int64_t jobs = 1;             ///< number of concurrent runs
  std::int64_t threads = 1;          ///< for each run, unless its recipe sets them
  std::vector<std::string> devices;  ///< CUDA devices, assigned to the jobs in turn; empty: not set
};

/// Callbacks while runs are in progress.
struct RunnerEvents {
  std::function<void(const std::string& line)> say;
  std::function<void(const std::string& line)> status;  ///< replaces the previous status line
  std::function<void()> finished;                       ///< after each run
  std::function<int()> stop_signal;                     ///< the signal that requests a stop, or 0
};

struct RunnerResult {
  std::vector<std::string> failures;  ///< one line per failed run
  int signal = 0;                     ///< the signal that ended the grid, or 0
};

/// Trains every unfinished run in a separate process: `program train`. Runs that have a checkpoint
/// continue from it. If a run fails, this is reported and the other runs continue. A signal is
/// forwarded to the active runs, which stop with a checkpoint. Each run's output is appended to
/// FOLDER.log.
///
/// Throws Error(kUsage), before anything is started, if a folder holds a run of another recipe.
RunnerResult execute(const std::vector<GridRun>& runs, const RunnerOptions& options,
                     const RunnerEvents& events);

/// Locks a folder against other grids. The started processes inherit the lock, so that the next
/// grid waits until runs that a killed grid left behind have ended.
class FolderLock {
 public:
  /// Waits up to `seconds` for the lock, then throws Error(kUsage).
  FolderLock(const std::filesystem::path& folder, double seconds);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace staa::experiment
