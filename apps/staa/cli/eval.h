#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::app {

/// The command line of `staa eval`.
struct EvalOptions {
  std::string run;
  std::string checkpoint = "best";
  std::vector<std::string> overrides;
  bool json = false;
};

/// Runs `staa eval` and returns the exit code.
int eval_command(const EvalOptions& options);

}  // namespace staa::app
