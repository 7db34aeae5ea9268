#pragma once

#include <string>
#include <vector>

#include "staa/models/registry.h"

namespace staa::run {

/// While it lives, watches how much the neurons of a network fire in the first batch that goes
/// through it. The batches after it cost nothing.
class FiringRates {
 public:
  explicit FiringRates(const models::Network& network);
  ~FiringRates();
  FiringRates(const FiringRates&) = delete;
  FiringRates& operator=(const FiringRates&) = delete;

  struct Layer {
    std::string name;  ///< as models::neuron_layers gives it
    double rate = -1;  ///< spikes a neuron and step; -1 before the first batch
  };
  /// From shallow to deep.
  const std::vector<Layer>& layers() const { return rates_; }

 private:
  std::vector<models::NamedNeurons> watched_;
  std::vector<Layer> rates_;
};

}  // namespace staa::run
