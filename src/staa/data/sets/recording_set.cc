#include "staa/data/sets/recording_set.h"

#include <utility>

#include "staa/data/sets/subset.h"
#include "staa/util/error.h"

namespace staa::data {

RecordingSet::RecordingSet(std::string name, events::Sensor sensor,
                           std::vector<std::string> classes, std::vector<Sample> samples)
    : name_(std::move(name)),
      sensor_(sensor),
      classes_(std::move(classes)),
      samples_(std::move(samples)) {
  if (classes_.empty()) fail(ErrorKind::kInput, "{}: expected at least one class", name_);
}

std::shared_ptr<const RecordingSet> first(std::shared_ptr<const RecordingSet> set,
                                          std::int64_t count) {
  const auto chosen = choose_balanced(*set, count);
  if (static_cast<std::int64_t>(chosen.size()) == set->size()) return set;
  std::vector<RecordingSet::Sample> samples;
  samples.reserve(chosen.size());
  for (const auto index : chosen) samples.push_back({set->recording(index), set->label(index)});
  return std::make_shared<RecordingSet>(set->name(), set->sensor(), set->classes(),
                                        std::move(samples));
}

}  // namespace staa::data
