#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace staa::distributed {

struct SpawnOptions {
  std::int64_t processes = 2;
  std::vector<std::string> command;  ///< program and arguments of each
  /// After the first has failed, for the others to see it for themselves; then they are killed.
  std::chrono::seconds grace{15};
};

/// Starts the processes on this machine as torchrun does (RANK, WORLD_SIZE and so on in their
/// environment), passes SIGINT and SIGTERM on to them, and waits for all. Where one fails, its rank
/// and how it ended go to the standard error. Should this process be killed, so are they. Returns
/// the exit code: 0, or that of the first that failed, 128 + N where signal N ended it.
int run_processes(const SpawnOptions& options);

}  // namespace staa::distributed
