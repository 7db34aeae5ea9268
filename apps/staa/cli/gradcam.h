#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::app {

/// The command line of `staa gradcam`.
struct GradcamOptions {
  std::string run;
  std::string compare;
  std::string image;
  std::string out;
  std::string layer = "all";
  std::string class_name;
  std::string checkpoint = "best";
  std::vector<std::string> overrides;
  std::int64_t sample = -1;
  bool json = false;
};

/// Runs `staa gradcam` and returns the exit code.
int gradcam_command(const GradcamOptions& options);

}  // namespace staa::app
