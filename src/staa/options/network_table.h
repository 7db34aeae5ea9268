#pragma once

#include <string>
#include <vector>

#include "staa/options/network.h"
#include "staa/options/option.h"

namespace staa {

/// The names of the networks, in the order in which they are listed.
const std::vector<std::string>& network_names();

/// Calls visit(Option, network) for every member of ModelOptions except the network's name, in the
/// order in which recipes print them. `network` is the only network that has the option, or "".
template <class Visitor>
void for_each_model_option(Visitor&& visit) {
  using O = models::ModelOptions;
  const auto every = [&](auto option) { visit(option, ""); };

  every(Option<O, double>{
      "width", &O::width, "Scales every channel count", "", {0, 64, /*above_low=*/true}});
  every(Option<O, std::int64_t>{"steps", &O::steps, "T, the number of time steps", "",
                                between(1, 4096)});
  every(Option<O, Start>{"start", &O::start,
                         "Convolutions start normal, or their first channels as the identity"});
  every(Option<O, double>{"residual_gain", &O::residual_gain,
                          "Start of the last BatchNorm's scale of a residual block", "",
                          between(0, 100)});
  every(Option<O, CurrentShortcut>{"shortcut", &O::shortcut,
                                   "current: currents pass convolutions by, in place of spikes"});
  visit(Option<O, Pooling>{"pooling", &O::pooling, "How the network pools between its groups"},
        "vgg13");
  visit(Option<O, bool>{"whitening", &O::whitening,
                        "A frozen stem that whitens 2x2 patches of still images"},
        "vgg7");
  every(Option<O, double>{"norm_momentum",
                          &O::norm_momentum,
                          "Of BatchNorm's running statistics",
                          "",
                          {0, 1, /*above_low=*/true}});
  every(Option<O, double>{"head_scale", &O::head_scale, "What the logits are multiplied by", "",
                          above(0)});
}

}  // namespace staa
