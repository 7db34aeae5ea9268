#include "staa/run/network.h"

namespace staa::run {

models::NetworkOptions network_options(const recipe::Recipe& recipe,
                                       const data::InputDescription& input) {
  models::NetworkOptions options;
  static_cast<models::ModelOptions&>(options) = recipe.model;
  options.in_channels = input.shape.channels;
  options.classes = static_cast<std::int64_t>(input.classes.size());
  options.neuron = recipe.neuron;
  options.execution = recipe.execution;
  return options;
}

}  // namespace staa::run
