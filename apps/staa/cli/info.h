#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::app {

/// The command line of `staa info`.
struct InfoOptions {
  bool keys = false;
  bool json = false;
  bool markdown = false;
};

/// Runs `staa info` without --keys and returns the exit code.
int info_command(const InfoOptions& options);

}  // namespace staa::app
