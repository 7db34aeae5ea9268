#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::app {

/// The command line of `staa train`.
struct TrainOptions {
  std::string recipe;
  std::string out;
  std::vector<std::string> overrides;
  bool resume = false;
  bool json = false;
  bool quiet = false;
  std::int64_t processes = 0;  // 0: as the environment states
  std::int64_t timeout = 30;
  std::int64_t join_timeout = 300;
};

/// Runs `staa train` and returns the exit code.
int train_command(const TrainOptions& options);

}  // namespace staa::app
