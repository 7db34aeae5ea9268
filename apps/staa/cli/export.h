#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::app {

/// The command line of `staa export`.
struct ExportOptions {
  std::string run;
  std::string output;
  std::string checkpoint = "best";
  std::string precision = "fp32";
  double within = 0.1;
};

/// Runs `staa export` and returns the exit code.
int export_command(const ExportOptions& options);

}  // namespace staa::app
