#pragma once

#include <string>
#include <vector>

#include "staa/data/normalisation.h"
#include "staa/data/source.h"

namespace staa::data {

/// What a network reads. It is stored with the weights, so that they can be used without the
/// training set.
struct InputDescription {
  SampleShape shape;
  std::vector<std::string> classes;
  Normalisation normalisation;  ///< of images; empty if the data are not normalised
};

/// Throws Error(kInput) if samples of `set` differ from `known` in shape or number of classes.
void check_input(const InputDescription& known, const Labelled& set, const SampleShape& shape);

}  // namespace staa::data
