#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::app {

/// The command line of `staa experiment`.
struct ExperimentOptions {
  std::string name;
  std::string out;
  std::string scale = "paper";
  std::vector<std::string> only;
  std::vector<std::string> reuse;
  experiment::GridOptions grid;
  std::int64_t jobs = 0;
  bool list = false;
  bool dry_run = false;
  bool json = false;
};

/// Runs `staa experiment` and returns the exit code.
int experiment_command(const ExperimentOptions& options);

}  // namespace staa::app
