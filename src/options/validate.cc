#include "staa/options/validate.h"

#include <cmath>

#include "staa/util/error.h"

namespace staa {
namespace {

template <typename Value>
void require(bool ok, const char* option, const char* expected, Value found) {
  if (!ok) fail(ErrorKind::kUsage, "{}: expected {}, found {}", option, expected, found);
}

}  // namespace

void validate(const NeuronOptions& o) {
  require(std::isfinite(o.tau) && o.tau >= 1, "tau", "at least 1", o.tau);
  require(std::isfinite(o.threshold), "threshold", "a finite number", o.threshold);
  require(std::isfinite(o.reset) && o.reset < o.threshold, "reset", "less than the threshold",
          o.reset);
  require(std::isfinite(o.surrogate_width) && o.surrogate_width > 0, "surrogate_width",
          "more than 0", o.surrogate_width);
  require(o.gc_reduction >= 1, "gc_reduction", "at least 1", o.gc_reduction);
  require(o.sa_reduction >= 1, "sa_reduction", "at least 1", o.sa_reduction);
  require(std::isfinite(o.sa_alpha), "sa_alpha", "a finite number", o.sa_alpha);
  require(o.tsrd >= 0 && o.tsrd <= 1, "tsrd", "a probability from 0 to 1", o.tsrd);
}

void validate(const models::NetworkOptions& o) {
  require(std::isfinite(o.width) && o.width > 0 && o.width <= 64, "width",
          "more than 0, at most 64", o.width);
  require(o.steps >= 1 && o.steps <= 4096, "steps", "1 to 4096", o.steps);
  require(o.in_channels >= 1 && o.in_channels <= 4096, "in_channels", "1 to 4096", o.in_channels);
  require(o.classes >= 1 && o.classes <= 1000000, "classes", "1 to 1000000", o.classes);
  validate(o.neuron);
}

}  // namespace staa
