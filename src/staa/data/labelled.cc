#include "staa/data/labelled.h"

namespace staa::data {

std::vector<std::int64_t> count_classes(const Labelled& set) {
  std::vector<std::int64_t> counts(set.classes().size());
  for (std::int64_t i = 0; i < set.size(); ++i) ++counts[static_cast<std::size_t>(set.label(i))];
  return counts;
}

}  // namespace staa::data
