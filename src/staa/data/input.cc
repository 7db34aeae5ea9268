#include "staa/data/input.h"

#include "staa/util/error.h"

namespace staa::data {

void check_input(const InputDescription& known, const Labelled& set, const SampleShape& shape) {
  if (shape == known.shape && set.classes().size() == known.classes.size()) return;
  fail(ErrorKind::kInput,
       "{}: expected {} (height, width, channels) in {} classes, as the network was trained on, "
       "found {} in {}",
       set.name(), describe(known.shape), known.classes.size(), describe(shape),
       set.classes().size());
}

}  // namespace staa::data
