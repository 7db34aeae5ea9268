#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "staa/recipe/keys.h"
#include "staa/util/error.h"

namespace staa::recipe {
namespace {

/// Keys that do not affect a run's results.
constexpr std::array kIndifferent{"description",
                                  "threads",
                                  "device",
                                  "memory",
                                  "data.path",
                                  "data.workers",
                                  "data.class_names",
                                  "data.cache",
                                  "train.eval_batch",
                                  "train.checkpoint_steps",
                                  "train.checkpoint_minutes",
                                  "train.on_nan",
                                  "train.tensorboard"};

/// Keys that set how long a run is: a longer run may continue a shorter one.
constexpr std::array kExtent{"train.max_steps", "train.epochs"};

template <typename Paths>
bool holds(const Paths& paths, const std::string& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

}  // namespace

std::vector<Difference> differences(const Recipe& before, const Recipe& now) {
  std::vector<Difference> found;
  for (const auto& key : all_keys()) {
    auto old_value = print_value(key.get(before));
    auto new_value = print_value(key.get(now));
    // "auto" stands for the precision that the earlier run chose.
    if (key.path == "precision" && now.execution.precision == Precision::kAuto) continue;
    if (old_value != new_value && !holds(kIndifferent, key.path)) {
      found.push_back({key.path, std::move(old_value), std::move(new_value)});
    }
  }
  return found;
}

bool may_go_on(const Recipe& stored, const Recipe& wanted) {
  const auto changed = differences(stored, wanted);
  return std::all_of(changed.begin(), changed.end(),
                     [](const Difference& key) { return holds(kExtent, key.path); });
}

void check_resumable(const Recipe& stored, const Recipe& wanted, const std::string& run) {
  std::string lines;
  for (const auto& [path, before, now] : differences(stored, wanted)) {
    if (holds(kExtent, path)) continue;
    lines += fmt::format("\n  {}: the run has {}, the recipe {}", path, before, now);
  }
  if (lines.empty()) return;
  fail(ErrorKind::kUsage,
       "{}: cannot go on with another recipe; leave RECIPE and --set out to use the run's own:{}",
       run, lines);
}

}  // namespace staa::recipe
