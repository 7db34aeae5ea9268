#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/analysis/picojoules.h"

namespace staa::app {

/// The command line of `staa profile`.
struct ProfileOptions {
  std::string target;
  std::string checkpoint = "best";
  std::vector<std::string> overrides;
  std::int64_t images = 64;
  double picojoules_per_byte = analysis::kPicojoulesPerByte;
  bool json = false;
};

/// Runs `staa profile` and returns the exit code.
int profile_command(const ProfileOptions& options);

}  // namespace staa::app
