#include "staa/train/optimizer.h"

#include <algorithm>
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

/// All parameters in one group, or, where there are any, those of neurons in a second.
std::vector<torch::optim::OptimizerParamGroup> split_neurons(const torch::nn::Module& network) {
  std::vector<torch::Tensor> neurons;
  for (const auto& module : network.modules()) {
    if (dynamic_cast<const nn::Neuron*>(module.get()) == nullptr) continue;
    for (const auto& parameter : module->parameters()) neurons.push_back(parameter);
  }
  std::vector<torch::Tensor> others;
  for (const auto& parameter : network.parameters()) {
    const bool own = std::any_of(neurons.begin(), neurons.end(), [&](const torch::Tensor& neuron) {
      return neuron.is_same(parameter);
    });
    if (!own) others.push_back(parameter);
  }
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(others);
  if (!neurons.empty()) groups.emplace_back(neurons);
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
    return found->second.clone();
  }

 private:
  const std::map<std::string, torch::Tensor>& state_;
  std::string source_;
};

}  // namespace

Optimizer::Optimizer(const torch::nn::Module& network, const recipe::OptimizerOptions& options)
    : neuron_factor_(options.neuron_lr) {
  for (const auto& item : network.named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
  }
  auto groups = split_neurons(network);
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

void Optimizer::zero_grad() { optimizer_->zero_grad(); }

void Optimizer::step() { optimizer_->step(); }

void Optimizer::set_learning_rate(double value) {
  auto& groups = optimizer_->param_groups();
  groups[0].options().set_lr(value);
  if (groups.size() > 1) groups[1].options().set_lr(value * neuron_factor_);
}

void Optimizer::clip_gradients(double max_norm) {
  torch::nn::utils::clip_grad_norm_(parameters_, max_norm);
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> out;
  const auto put = [&](const std::string& name, const torch::Tensor& tensor) {
    if (tensor.defined()) out[name] = tensor;
  };
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto prefix = names_[i] + "/";
    if (adaptive_) {
      auto* state = find_state<torch::optim::AdamWParamState>(*optimizer_, parameters_[i]);
      if (state == nullptr) continue;
      put(prefix + "step", torch::tensor(state->step(), torch::kLong));
      put(prefix + "exp_avg", state->exp_avg());
      put(prefix + "exp_avg_sq", state->exp_avg_sq());
    } else {
      auto* state = find_state<torch::optim::SGDParamState>(*optimizer_, parameters_[i]);
      if (state != nullptr) put(prefix + "momentum_buffer", state->momentum_buffer());
    }
  }
  return out;
}

void Optimizer::load_state(const std::map<std::string, torch::Tensor>& state,
                           const std::string& source) {
  auto& states = optimizer_->state();
  states.clear();
  const StateReader reader(state, source);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto prefix = names_[i] + "/";
    const auto shape = parameters_[i].sizes();
    const auto key = state_key(states, parameters_[i]);
    // A parameter without an entry has not had a gradient yet.
    if (!reader.has(prefix + (adaptive_ ? "step" : "momentum_buffer"))) continue;
    if (adaptive_) {
      auto entry = std::make_unique<torch::optim::AdamWParamState>();
      entry->step(reader.get(prefix + "step", {}).item<std::int64_t>());
      entry->exp_avg(reader.get(prefix + "exp_avg", shape));
      entry->exp_avg_sq(reader.get(prefix + "exp_avg_sq", shape));
      states[key] = std::move(entry);
    } else {
      auto entry = std::make_unique<torch::optim::SGDParamState>();
      entry->momentum_buffer(reader.get(prefix + "momentum_buffer", shape));
      states[key] = std::move(entry);
    }
  }
}

}  // namespace staa::train
