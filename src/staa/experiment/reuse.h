#pragma once

#include <filesystem>
#include <vector>

#include "staa/experiment/grid.h"

namespace staa::experiment {

/// Copies to the folder of each run that is not begun a finished run of the same recipe from the
/// folders of other experiments, where there is one: experiments share cells. Whole or not at all.
/// Returns how many were copied. Throws Error(kIo) when one cannot be.
std::size_t reuse_runs(const std::vector<Run>& runs,
                       const std::vector<std::filesystem::path>& folders);

}  // namespace staa::experiment
