#pragma once

#include <string>
#include <vector>

#include "staa/data/normalisation.h"
#include "staa/data/source.h"

namespace staa::data {

/// What a network reads, kept with its weights so that they can be used where the training set is
/// not at hand.
struct InputDescription {
  SampleShape shape;
  std::vector<std::string> classes;
  Normalisation normalisation;  ///< of images; empty for data that are not normalised
};

/// Throws Error(kInput) when samples of `set` have another shape or number of classes than `known`.
void check_input(const InputDescription& known, const Labelled& set, const SampleShape& shape);

}  // namespace staa::data
