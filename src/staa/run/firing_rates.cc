#include "staa/run/firing_rates.h"

namespace staa::run {

FiringRates::FiringRates(const models::Network& network)
    : watched_(models::neuron_layers(network)) {
  rates_.resize(watched_.size());
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    rates_[i].name = watched_[i].name;
    watched_[i].layer->set_observer([&rate = rates_[i].rate, layer = watched_[i].layer.get()](
                                        const torch::Tensor&, const torch::Tensor& spikes) {
      const bool fires = layer->options().activation == Activation::kSpike;
      if (fires && rate < 0) rate = spikes.mean(torch::kDouble).item<double>();
    });
  }
}

FiringRates::~FiringRates() {
  for (const auto& watched : watched_) watched.layer->set_observer({});
}

}  // namespace staa::run
