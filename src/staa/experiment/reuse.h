#pragma once

#include <filesystem>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

/// Experiments share cells: for each run that has not been started, this looks for a finished run
/// of the same recipe in the folders of other experiments, and copies it atomically. Returns the
/// number of copied runs. Throws Error(kIo) if a run cannot be copied.
std::size_t reuse_runs(const std::vector<GridRun>& runs,
                       const std::vector<std::filesystem::path>& folders);

}  // namespace staa::experiment
