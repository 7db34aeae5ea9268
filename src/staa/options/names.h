#pragma once

#include <string>
#include <utility>
#include <vector>

#include "staa/options/execution.h"
#include "staa/options/network.h"
#include "staa/options/neuron.h"

namespace staa {

/// The names of an enum's values in recipes, on the command line and in Python.
template <typename Enum>
using NameTable = std::vector<std::pair<Enum, std::string>>;

const NameTable<NeuronKind>& names_of(NeuronKind);      ///< lif, adaptive_lif, staa_lif
const NameTable<Surrogate>& names_of(Surrogate);        ///< rectangle, triangle, sigmoid, arctan
const NameTable<PePlacement>& names_of(PePlacement);    ///< temporal, spatial, both, post
const NameTable<PeKind>& names_of(PeKind);              ///< learned, sinusoidal
const NameTable<SaGain>& names_of(SaGain);              ///< inside, outside
const NameTable<Activation>& names_of(Activation);      ///< spike, relu
const NameTable<TsrdFallback>& names_of(TsrdFallback);  ///< sum, lif
const NameTable<Start>& names_of(Start);                ///< normal, identity
const NameTable<CurrentShortcut>& names_of(CurrentShortcut);  ///< none, current
const NameTable<Pooling>& names_of(Pooling);                  ///< average, max
const NameTable<Precision>& names_of(Precision);              ///< auto, fp32, bf16, fp16
const NameTable<MemoryUse>& names_of(MemoryUse);              ///< normal, low
const NameTable<Operators>& names_of(Operators);              ///< fused, reference

/// The name of one value.
template <typename Enum>
std::string to_string(Enum value) {
  for (const auto& [candidate, name] : names_of(value)) {
    if (candidate == value) return name;
  }
  return "unknown";
}

}  // namespace staa
