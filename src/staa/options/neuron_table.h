#pragma once

#include "staa/options/neuron.h"
#include "staa/options/option.h"

namespace staa {

/// What an option of a neuron affects.
enum class NeuronPart {
  kEveryNeuron,        ///< the arithmetic of every neuron at each call
  kAggregator,         ///< the arithmetic of the aggregator at each call
  kAggregatorsLayers,  ///< how a layer with the aggregator is built and trained
};

/// Calls visit(part, Option) for every member of NeuronOptions except its kind, in the order in
/// which recipes print them.
template <class Visitor>
void for_each_neuron_option(Visitor&& visit) {
  using O = NeuronOptions;
  const auto every = [&](auto option) { visit(NeuronPart::kEveryNeuron, option); };
  const auto aggregator = [&](auto option) { visit(NeuronPart::kAggregator, option); };
  const auto layers = [&](auto option) { visit(NeuronPart::kAggregatorsLayers, option); };

  every(Option<O, double>{"tau", &O::tau, "Membrane time constant, in time steps", "Eq. 1",
                          at_least(1)});
  every(Option<O, bool>{"decay_input", &O::decay_input,
                        "true: V = H + (X - H)/tau; false: the input is not divided by tau",
                        "Eq. 1"});
  every(Option<O, double>{"threshold", &O::threshold, "v_th", "Eq. 2"});
  every(Option<O, double>{"reset", &O::reset, "V_reset, below the threshold", "Eq. 3"});
  every(Option<O, Surrogate>{"surrogate", &O::surrogate, "Shape of dS/dV", "Eq. 5"});
  every(Option<O, double>{"surrogate_width", &O::surrogate_width, "a, the width of dS/dV", "Eq. 5",
                          above(0)});
  every(Option<O, double>{"surrogate_scale", &O::surrogate_scale, "Factor on dS/dV", "", above(0)});
  every(
      Option<O, bool>{"detach_reset", &O::detach_reset, "No gradient through the reset", "Eq. 4"});
  every(Option<O, Activation>{"activation", &O::activation,
                              "spike, or relu: max(V, 0) with nothing carried between time steps",
                              ""});
  layers(Option<O, bool>{"gc", &O::gc, "Global-context blocks", "Eq. 7-10"});
  layers(Option<O, bool>{"pe", &O::pe, "Position encoding", "Eq. 11"});
  layers(Option<O, bool>{"sa", &O::sa, "Step attention", "Eq. 12"});
  aggregator(Option<O, PePlacement>{"pe_placement", &O::pe_placement, "Where the encoding is added",
                                    "Fig. 2"});
  layers(Option<O, PeKind>{"pe_kind", &O::pe_kind, "Learned table or fixed sinusoids", "Table 5"});
  layers(Option<O, std::int64_t>{"gc_reduction", &O::gc_reduction,
                                 "r: the block works on C/r values", "Fig. 5", at_least(1)});
  layers(Option<O, bool>{"gc_zero_start", &O::gc_zero_start,
                         "Start the value convolution at 0: GC begins as the identity", "Eq. 9"});
  layers(Option<O, std::int64_t>{"sa_reduction", &O::sa_reduction,
                                 "Step attention works on C/sa_reduction values, at least 4",
                                 "Eq. 12", at_least(1)});
  aggregator(Option<O, double>{"sa_alpha", &O::sa_alpha, "alpha", "Eq. 12"});
  aggregator(Option<O, SaGain>{"sa_gain", &O::sa_gain,
                               "inside: gate = sigmoid(f(alpha U)); outside: alpha sigmoid(f(U))",
                               "Eq. 12"});
  layers(Option<O, double>{"tsrd", &O::tsrd,
                           "beta: probability that a time step is dropped in training",
                           "Section 3.2", between(0, 1)});
  aggregator(Option<O, TsrdFallback>{"tsrd_fallback", &O::tsrd_fallback,
                                     "What a dropped step does: V = X + H, or the LIF update",
                                     "Section 3.2"});
}

}  // namespace staa
