#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "staa/recipe/keys.h"
#include "staa/util/error.h"

namespace staa::recipe {
namespace {

constexpr std::array<const char*, 13> kChangeable{"description",
                                                  "threads",
                                                  "device",
                                                  "memory",
                                                  "data.path",
                                                  "data.workers",
                                                  "data.class_names",
                                                  "train.eval_batch",
                                                  "train.max_steps",
                                                  "train.epochs",
                                                  "train.checkpoint_steps",
                                                  "train.tensorboard",
                                                  "data.cache"};

bool changeable(const std::string& path) {
  return std::find(kChangeable.begin(), kChangeable.end(), path) != kChangeable.end();
}

}  // namespace

void check_resumable(const Recipe& stored, const Recipe& wanted, const std::string& run) {
  std::string differences;
  for (const auto& key : all_keys()) {
    const auto before = print_value(key.get(stored));
    const auto now = print_value(key.get(wanted));
    if (before != now && !changeable(key.path)) {
      differences += fmt::format("\n  {}: the run has {}, the recipe {}", key.path, before, now);
    }
  }
  if (differences.empty()) return;
  fail(ErrorKind::kUsage,
       "{}: cannot go on with another recipe; leave RECIPE and --set out to use the run's own:{}",
       run, differences);
}

}  // namespace staa::recipe
