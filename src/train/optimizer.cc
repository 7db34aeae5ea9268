#include "staa/train/optimizer.h"

#include <cmath>
#include <set>
#include <sstream>
#include <type_traits>

#include "staa/nn/neuron.h"
#include "staa/util/error.h"

namespace staa::train {
namespace {

/// The key under which an optimiser keeps a parameter's state: a string in LibTorch 1, a pointer
/// in 2.
template <typename Map>
typename Map::key_type state_key(const Map&, const torch::Tensor& parameter) {
  if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
    std::ostringstream address;
    address << parameter.unsafeGetTensorImpl();
    return address.str();
  } else {
    return parameter.unsafeGetTensorImpl();
  }
}

/// The state of one parameter, or nullptr before its first step.
template <typename State>
State* find_state(torch::optim::Optimizer& optimizer, const torch::Tensor& parameter) {
  auto& states = optimizer.state();
  const auto found = states.find(state_key(states, parameter));
  return found == states.end() ? nullptr : static_cast<State*>(found->second.get());
}

/// Parameters that belong together, with their names.
struct Named {
  std::vector<std::string> names;
  std::vector<torch::Tensor> tensors;
};

/// Parameters of neurons second, all others first; without those of neither kind.
std::vector<Named> split_neurons(const torch::nn::Module& network) {
  std::set<const void*> neurons;
  for (const auto& module : network.modules()) {
    if (dynamic_cast<const nn::Neuron*>(module.get()) == nullptr) continue;
    for (const auto& parameter : module->parameters())
      neurons.insert(parameter.unsafeGetTensorImpl());
  }
  std::vector<Named> groups(neurons.empty() ? 1 : 2);
  for (const auto& item : network.named_parameters()) {
    auto& group = groups[neurons.count(item.value().unsafeGetTensorImpl())];
    group.names.push_back(item.key());
    group.tensors.push_back(item.value());
  }
  return groups;
}

class StateReader {
 public:
  StateReader(const std::map<std::string, torch::Tensor>& state, std::string source)
      : state_(state), source_(std::move(source)) {}

  bool has(const std::string& name) const { return state_.count(name) > 0; }

  torch::Tensor get(const std::string& name, torch::IntArrayRef shape) const {
    const auto found = state_.find(name);
    if (found == state_.end()) {
      fail(ErrorKind::kInput, "{}: the optimiser's tensor '{}' is missing", source_, name);
    }
    if (found->second.sizes() != shape) {
      std::ostringstream sizes;
      sizes << "expected " << shape << ", found " << found->second.sizes();
      fail(ErrorKind::kInput, "{}: the optimiser's tensor '{}' has another shape: {}", source_,
           name, sizes.str());
    }
    return found->second;
  }

 private:
  const std::map<std::string, torch::Tensor>& state_;
  std::string source_;
};

}  // namespace

Optimizer::Optimizer(const torch::nn::Module& network, const recipe::OptimizerOptions& options)
    : neuron_factor_(options.neuron_lr) {
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (auto& named : split_neurons(network)) {
    groups_.push_back({std::move(named.names), FlatParameters(std::move(named.tensors))});
    groups.emplace_back(std::vector<torch::Tensor>{groups_.back().flat.values()});
  }
  adaptive_ = options.kind == recipe::OptimizerKind::kAdamW;
  if (adaptive_) {
    optimizer_ = std::make_unique<torch::optim::AdamW>(std::move(groups),
                                                       torch::optim::AdamWOptions(options.lr)
                                                           .betas({options.beta1, options.beta2})
                                                           .eps(options.eps)
                                                           .weight_decay(options.weight_decay));
  } else {
    optimizer_ = std::make_unique<torch::optim::SGD>(std::move(groups),
                                                     torch::optim::SGDOptions(options.lr)
                                                         .momentum(options.momentum)
                                                         .nesterov(options.nesterov)
                                                         .weight_decay(options.weight_decay));
  }
  set_learning_rate(options.lr);
}

void Optimizer::zero_grad() {
  for (auto& group : groups_) group.flat.clear_gradients();
}

void Optimizer::step() {
  for (auto& group : groups_) group.flat.gather();
  optimizer_->step();
  for (auto& group : groups_) group.flat.mark_changed();
}

void Optimizer::set_learning_rate(double value) {
  auto& groups = optimizer_->param_groups();
  groups[0].options().set_lr(value);
  if (groups.size() > 1) groups[1].options().set_lr(value * neuron_factor_);
}

void Optimizer::unscale_gradients(double scale) {
  if (scale == 1) return;
  const torch::NoGradGuard no_grad;
  for (auto& group : groups_) {
    group.flat.gather();
    torch::Tensor gradient = group.flat.gradient();
    gradient.mul_(1 / scale);
  }
}

bool Optimizer::gradients_are_finite() {
  const torch::NoGradGuard no_grad;
  for (auto& group : groups_) {
    group.flat.gather();
    const auto& gradient = group.flat.gradient();
    // A sum passes NaN and infinity on, and costs one pass; large numbers alone may make it
    // overflow.
    if (std::isfinite(gradient.sum().item<double>())) continue;
    if (!torch::isfinite(gradient).all().item<bool>()) return false;
  }
  return true;
}

void Optimizer::clip_gradients(double max_norm) {
  std::vector<torch::Tensor> all;
  for (auto& group : groups_) {
    group.flat.gather();
    all.push_back(group.flat.values());
  }
  torch::nn::utils::clip_grad_norm_(all, max_norm);
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> out;
  for (const auto& [names, flat] : groups_) {
    const auto put = [&, &names = names, &flat = flat](const char* what, const torch::Tensor& all) {
      if (!all.defined()) return;
      for (std::size_t i = 0; i < names.size(); ++i) out[names[i] + what] = flat.part(all, i);
    };
    if (adaptive_) {
      const auto* state = find_state<torch::optim::AdamWParamState>(*optimizer_, flat.values());
      if (state == nullptr) continue;
      for (const auto& name : names)
        out[name + "/step"] = torch::tensor(state->step(), torch::kLong);
      put("/exp_avg", state->exp_avg());
      put("/exp_avg_sq", state->exp_avg_sq());
    } else {
      const auto* state = find_state<torch::optim::SGDParamState>(*optimizer_, flat.values());
      if (state != nullptr) put("/momentum_buffer", state->momentum_buffer());
    }
  }
  return out;
}

void Optimizer::load_state(const std::map<std::string, torch::Tensor>& state,
                           const std::string& source) {
  auto& states = optimizer_->state();
  states.clear();
  const StateReader reader(state, source);
  for (const auto& [names, flat] : groups_) {
    // Nothing is kept before the first step, and SGD without momentum keeps nothing at all.
    const auto* kept = adaptive_ ? "/step" : "/momentum_buffer";
    if (names.empty() || !reader.has(names.front() + kept)) continue;
    const auto get = [&, &names = names, &flat = flat](const char* what) {
      auto all = torch::empty_like(flat.values());
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto part = flat.part(all, i);
        part.copy_(reader.get(names[i] + what, part.sizes()));
      }
      return all;
    };
    const auto key = state_key(states, flat.values());
    if (adaptive_) {
      auto entry = std::make_unique<torch::optim::AdamWParamState>();
      entry->step(reader.get(names.front() + kept, {}).item<std::int64_t>());
      entry->exp_avg(get("/exp_avg"));
      entry->exp_avg_sq(get("/exp_avg_sq"));
      states[key] = std::move(entry);
    } else {
      auto entry = std::make_unique<torch::optim::SGDParamState>();
      entry->momentum_buffer(get("/momentum_buffer"));
      states[key] = std::move(entry);
    }
  }
}

}  // namespace staa::train
