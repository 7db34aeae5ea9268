#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/experiment/definition.h"
#include "staa/recipe/recipe.h"

namespace staa::experiment {

/// kPaper uses the base recipes unchanged. kMedium replaces them by configs/cifar10-medium.toml,
/// which a CPU trains in half an hour. kSmall trains a narrow network for a short time on few
/// images, for a quick look.
enum class Scale { kSmall, kMedium, kPaper };

/// "small", "medium" or "paper".
const char* scale_name(Scale scale);

struct GridOptions {
  Scale scale = Scale::kPaper;
  std::int64_t seeds = 3;              ///< seeds 1 to this number
  std::string data;                    ///< folder of the data set; "": the recipe's default
  std::vector<std::string> overrides;  ///< for every cell
};

/// One run of a grid.
struct GridRun {
  const Cell* cell = nullptr;
  std::int64_t seed = 1;
  recipe::Recipe recipe;
  std::filesystem::path folder;  ///< OUT/CELL/seed-N

  std::string name() const;  ///< "gc-pe, seed 2"
};

/// The cells of a definition that exist at that scale.
std::vector<const Cell*> cells_at(const Definition& definition, Scale scale);

/// The overrides of a base recipe at small scale, for still images or for event recordings.
std::vector<std::string> small_overrides(bool events);

/// All cells with all seeds, ordered by seed, so that an unfinished grid first has one result for
/// each cell. Each recipe is the cell's base with the overrides of the scale, of the cell and of
/// `options.overrides`, in this order.
///
/// Throws Error(kUsage) for an invalid recipe, for overrides of the seed or of a key that differs
/// between cells, and for one data folder if the cells use several data sets.
std::vector<GridRun> expand(const Definition& definition, const GridOptions& options,
                            const std::filesystem::path& out);

}  // namespace staa::experiment
