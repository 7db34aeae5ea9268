#include "staa/experiment/grid.h"

#include <algorithm>
#include <set>

#include "staa/util/error.h"

namespace staa::experiment {
namespace {

/// The base recipe of every cell at medium scale.
const std::string kMediumBase = "cifar10-medium";

std::string key_of(const std::string& override_text) {
  return override_text.substr(0, override_text.find('='));
}

/// Checks that the overrides for all cells do not change the seeds or the keys that the grid
/// varies.
void check_overrides(const Definition& definition, const std::vector<std::string>& overrides) {
  std::set<std::string> axis;
  for (const auto& cell : definition.cells) {
    for (const auto& item : cell.overrides) axis.insert(key_of(item));
  }
  for (const auto& item : overrides) {
    const auto key = key_of(item);
    if (key == "seed") fail(ErrorKind::kUsage, "--set {}: the seeds are 1 to --seeds", item);
    if (axis.count(key) > 0) {
      fail(ErrorKind::kUsage, "--set {}: the cells of {} differ in {}", item, definition.name, key);
    }
  }
}

/// At medium scale all cells use one base, so that cells must differ in their overrides.
void check_scale(const Definition& definition, Scale scale) {
  if (scale != Scale::kMedium) return;
  for (const auto& cell : definition.cells) {
    if (cell.base == definition.cells.front().base && !cell.overrides.empty()) continue;
    fail(ErrorKind::kUsage,
         "--scale medium: the cells of {} differ in network or data set, of which that scale has "
         "one; use small or paper",
         definition.name);
  }
}

/// The path of the data, and, at small scale, that they are a folder of images.
std::vector<std::string> data_overrides(const GridOptions& options, bool events) {
  if (options.data.empty()) return {};
  std::vector<std::string> out{"data.path=" + options.data};
  if (options.scale == Scale::kSmall && !events) out.emplace_back("data.set=image-folder");
  return out;
}

recipe::Recipe make_recipe(const Definition& definition, const Cell& cell,
                           const GridOptions& options, std::int64_t seed) {
  const bool medium = options.scale == Scale::kMedium;
  const auto& base = medium ? kMediumBase : cell.base;
  const auto source = "configs/" + base + ".toml";
  const auto& text = base_recipe(base);
  const bool events = recipe::is_event_set(recipe::parse_recipe(text, source).data.set);
  std::vector<std::string> overrides;
  const auto add = [&](const std::vector<std::string>& more) {
    overrides.insert(overrides.end(), more.begin(), more.end());
  };
  if (options.scale == Scale::kSmall) add(small_overrides(events));
  add(data_overrides(options, events));
  add(cell.overrides);
  if (medium) add(cell.medium);
  add(options.overrides);
  add({"seed=" + std::to_string(seed),
       fmt::format("description={}: {}{}", definition.name, cell.label,
                   options.scale == Scale::kPaper
                       ? ""
                       : fmt::format(" ({} scale)", scale_name(options.scale)))});
  return recipe::parse_recipe(text, source, overrides);
}

}  // namespace

const char* scale_name(Scale scale) {
  switch (scale) {
    case Scale::kSmall:
      return "small";
    case Scale::kMedium:
      return "medium";
    case Scale::kPaper:
      break;
  }
  return "paper";
}

std::string GridRun::name() const { return fmt::format("{}, seed {}", cell->name, seed); }

std::vector<const Cell*> cells_at(const Definition& definition, Scale scale) {
  std::vector<const Cell*> cells;
  for (const auto& cell : definition.cells) {
    if (scale == Scale::kPaper || !cell.paper_scale_only) cells.push_back(&cell);
  }
  return cells;
}

std::vector<std::string> small_overrides(bool events) {
  std::vector<std::string> out{"model.width=0.125",
                               "neuron.threshold=0.3",
                               "neuron.surrogate=arctan",
                               "train.batch=32",
                               "train.eval_batch=250",
                               "train.loss=tet",
                               "train.tet_lambda=0",
                               "optimizer.kind=adamw",
                               "optimizer.lr=0.005",
                               "optimizer.neuron_vector_lr=0.1",
                               "optimizer.neuron_matrix_lr=0.1",
                               "optimizer.weight_decay=0.05",
                               "schedule.warmup_epochs=0.1",
                               "schedule.min_lr=1e-4"};
  const std::vector<std::string> images{
      "data.set=fashion-mnist",        "data.limit_train=3000",
      "data.limit_test=1000",          "data.workers=0",
      "augment.crop_padding=0",        "augment.autoaugment=false",
      "augment.random_resized_crop=0", "train.epochs=3"};
  const std::vector<std::string> recordings{
      "data.set=n-mnist",   "data.allow_partial=true", "data.frame_size=0", "data.workers=1",
      "augment.flip=false", "augment.geometric=false", "augment.mixup=0",   "model.steps=8",
      "train.batch=20",     "train.epochs=6"};
  const auto& more = events ? recordings : images;
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<GridRun> expand(const Definition& definition, const GridOptions& options,
                            const std::filesystem::path& out) {
  check_overrides(definition, options.overrides);
  check_scale(definition, options.scale);
  std::vector<GridRun> runs;
  std::set<std::string> sets;
  for (std::int64_t seed = 1; seed <= options.seeds; ++seed) {
    for (const auto* cell : cells_at(definition, options.scale)) {
      GridRun run{cell, seed, make_recipe(definition, *cell, options, seed),
                  out / cell->name / ("seed-" + std::to_string(seed))};
      sets.insert(run.recipe.data.set);
      runs.push_back(std::move(run));
    }
  }
  if (!options.data.empty() && sets.size() > 1) {
    fail(
        ErrorKind::kUsage,
        "--data {}: {} reads {} data sets; put them under $STAA_DATA, each in a folder of its name",
        options.data, definition.name, sets.size());
  }
  return runs;
}

}  // namespace staa::experiment
