#pragma once

#include <string>
#include <vector>

#include "staa/models/registry.h"

namespace staa::run {

/// While it lives, records the firing rates of a network's neurons in the first batch that passes
/// through it. Later batches cost nothing.
class FiringRates {
 public:
  explicit FiringRates(const models::Network& network);
  ~FiringRates();
  FiringRates(const FiringRates&) = delete;
  FiringRates& operator=(const FiringRates&) = delete;

  struct Layer {
    std::string name;  ///< the name from models::neuron_layers
    double rate = -1;  ///< spikes per neuron and time step; -1 before the first batch
  };
  /// In order from shallow to deep layers.
  const std::vector<Layer>& layers() const { return rates_; }

 private:
  std::vector<models::NamedNeurons> watched_;
  std::vector<Layer> rates_;
};

}  // namespace staa::run
