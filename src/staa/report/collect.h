#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/report/run.h"

namespace staa::report {

struct CollectOptions {
  std::string checkpoint = "best";  ///< or "last"
  std::int64_t images = 64;         ///< test images that firing rates and energy are averaged over
  std::int64_t worst = 12;          ///< samples shown of those that are wrong
  std::vector<std::int64_t> samples{0};  ///< test samples with Grad-CAM
  std::vector<std::string> overrides;    ///< keys of the recipe, such as data.path
};

/// Reads a run's folder and measures its network: profile, one pass over the test set, Grad-CAM.
/// What is not there (an unfinished run, weights, the data set) is left empty and named in
/// Run::missing. Throws Error(kUsage) for a folder that holds no run.
Run collect(const std::filesystem::path& folder, const CollectOptions& options);

}  // namespace staa::report
