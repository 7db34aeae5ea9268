#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace staa::distributed {

struct SpawnOptions {
  std::int64_t processes = 2;
  std::vector<std::string> command;  ///< program and arguments, the same for every process
  /// After the first failure, the other processes get this time to notice it; then they are killed.
  std::chrono::seconds grace{15};
};

/// Starts the processes on this machine as torchrun does (with RANK, WORLD_SIZE and so on in their
/// environment), forwards SIGINT and SIGTERM to them, and waits for all. If a process fails, its
/// rank and how it ended are printed to standard error. If this process is killed, so are they.
/// Returns 0, or the exit code of the first process that failed (128 + N if signal N ended it).
int run_processes(const SpawnOptions& options);

}  // namespace staa::distributed
