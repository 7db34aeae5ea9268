#include "staa/train/spike_budget.h"

#include <torch/types.h>

#include <algorithm>

#include "staa/nn/layers.h"
#include "staa/nn/neuron.h"
#include "staa/util/error.h"

namespace staa::train {

struct BudgetKeeper::Counts {
  struct Layer {
    double cost = 1;  ///< cost of one spike
    double spikes = 0;
    double places = 0;  ///< number of possible spikes
  };

  double cost_of_spikes() const {
    double sum = 0;
    for (const auto& layer : layers) sum += layer.cost * layer.spikes;
    return sum;
  }
  double cost_of_places() const {
    double sum = 0;
    for (const auto& layer : layers) sum += layer.cost * layer.places;
    return sum;
  }
  double seen() const {
    return static_cast<double>(std::count_if(layers.begin(), layers.end(),
                                             [](const Layer& layer) { return layer.places > 0; }));
  }
  /// How far a rate is above the target, as a fraction of the target.
  double excess(double spikes, double places) const {
    return places > 0 ? std::max(0.0, spikes / places / budget.target - 1) : 0;
  }

  double penalty() const {
    if (budget.scope == BudgetScope::kNetwork) {
      const double e = excess(cost_of_spikes(), cost_of_places());
      return budget.weight * e * e;
    }
    double sum = 0;
    for (const auto& layer : layers) {
      const double e = excess(layer.spikes, layer.places);
      sum += e * e;
    }
    return sum > 0 ? budget.weight * sum / seen() : 0;
  }

  /// Gradient of the penalty with respect to one spike of layer i.
  double gradient(std::size_t i) const {
    const auto& layer = layers[i];
    const double slope = factor * budget.weight * 2 / budget.target;
    if (budget.scope == BudgetScope::kNetwork) {
      const double places = cost_of_places();
      return slope * excess(cost_of_spikes(), places) * layer.cost / places;
    }
    return slope * excess(layer.spikes, layer.places) / layer.places / seen();
  }

  SpikeBudget budget;
  std::vector<Layer> layers;
  double factor = 0;
};

BudgetKeeper::BudgetKeeper(torch::nn::Module& network, const SpikeBudget& budget)
    : counts_(std::make_shared<Counts>()) {
  counts_->budget = budget;
  for (const auto& module : network.modules()) {
    if (budget.cost == SpikeCost::kRate) {
      if (auto* neuron = dynamic_cast<nn::Neuron*>(module.get())) watch(*neuron, 1);
    } else if (auto* convolution = dynamic_cast<nn::NormedConvolution*>(module.get())) {
      const auto weight = convolution->weight();
      const auto stride = static_cast<double>(convolution->stride());
      watch(*convolution, static_cast<double>(weight.numel()) /
                              static_cast<double>(weight.size(1)) / (stride * stride));
    }
  }
  if (watched_.empty()) {
    fail(ErrorKind::kUsage, "a spike budget needs {} of staa::nn, the network has none",
         budget.cost == SpikeCost::kRate ? "neuron layers" : "convolutions");
  }
}

BudgetKeeper::~BudgetKeeper() {
  for (auto* layer : watched_) layer->set_spike_hook({});
}

void BudgetKeeper::watch(nn::Observable& layer, double cost) {
  const auto i = counts_->layers.size();
  counts_->layers.emplace_back();
  counts_->layers[i].cost = cost;
  watched_.push_back(&layer);
  layer.set_spike_hook([counts = counts_, i](const torch::Tensor& spikes) {
    auto& own = counts->layers[i];
    own.spikes += spikes.detach().sum(torch::kFloat).item<double>();
    own.places += static_cast<double>(spikes.numel());
    spikes.register_hook([counts, i](const torch::Tensor& gradient) {
      const double added = counts->gradient(i);
      return added == 0 ? gradient : gradient + added;
    });
  });
}

void BudgetKeeper::begin() {
  for (auto& layer : counts_->layers) layer.spikes = layer.places = 0;
  counts_->factor = 0;
}

void BudgetKeeper::set_factor(double factor) { counts_->factor = factor; }

double BudgetKeeper::rate() const {
  const double places = counts_->cost_of_places();
  return places > 0 ? counts_->cost_of_spikes() / places : 0;
}

double BudgetKeeper::penalty() const { return counts_->penalty(); }

}  // namespace staa::train
