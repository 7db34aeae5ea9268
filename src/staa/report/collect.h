#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/report/run.h"

namespace staa::report {

struct CollectOptions {
  std::string checkpoint = "best";  ///< or "last"
  std::int64_t images = 64;         ///< test images over which firing rates and energy are averaged
  std::int64_t worst = 12;          ///< number of wrong samples to show
  std::vector<std::int64_t> samples{0};  ///< test samples for Grad-CAM
  std::vector<std::string> overrides;    ///< recipe overrides, such as data.path
};

/// Reads a run's folder and measures its network: profile, one pass over the test set, and
/// Grad-CAM. What is not available (of an unfinished run, its weights or the data set) is left
/// empty and listed in Run::missing. Throws Error(kUsage) if the folder holds no run.
RunData collect(const std::filesystem::path& folder, const CollectOptions& options);

}  // namespace staa::report
