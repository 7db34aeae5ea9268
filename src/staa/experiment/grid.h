#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/experiment/definition.h"
#include "staa/recipe/recipe.h"

namespace staa::experiment {

/// kPaper: the base recipes as they are. kMedium: configs/cifar10-medium.toml in their place, which
/// a CPU trains in half an hour. kSmall: a narrow network and a short run on few images, for a
/// quick look.
enum class Scale { kSmall, kMedium, kPaper };

/// "small", "medium" or "paper".
const char* scale_name(Scale scale);

struct GridOptions {
  Scale scale = Scale::kPaper;
  std::int64_t seeds = 3;              ///< 1 to this
  std::string data;                    ///< folder of the data set; "": as the recipe finds it
  std::vector<std::string> overrides;  ///< of every cell
};

/// One run of a grid.
struct Run {
  const Cell* cell = nullptr;
  std::int64_t seed = 1;
  recipe::Recipe recipe;
  std::filesystem::path folder;  ///< OUT/CELL/seed-N

  std::string name() const;  ///< "gc-pe, seed 2"
};

/// The cells of a definition at that scale.
std::vector<const Cell*> cells_at(const Definition& definition, Scale scale);

/// What small scale sets in a base recipe: of still images, or of event recordings.
std::vector<std::string> small_overrides(bool events);

/// Every cell with every seed, seed by seed, so that an unfinished grid has a value for each cell
/// first. Each recipe is the cell's base, then what the scale sets, the cell's own overrides, and
/// `options.overrides`.
///
/// Throws Error(kUsage) for a recipe that cannot be, for overrides of the seed or of a key in which
/// the cells differ, and for one folder of data for cells of several sets.
std::vector<Run> expand(const Definition& definition, const GridOptions& options,
                        const std::filesystem::path& out);

}  // namespace staa::experiment
