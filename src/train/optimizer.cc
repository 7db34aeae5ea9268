#include "staa/train/optimizer.h"

#include <sstream>
#include <type_traits>

#include "staa/util/error.h"

namespace staa::train {
namespace {

/// The key under which an optimiser keeps a parameter's state: a string in LibTorch 1, a pointer
/// in 2.
template <typename Map>
typename Map::key_type state_key(const Map&, const torch::Tensor& parameter) {
  if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
    return c10::guts::to_string(parameter.unsafeGetTensorImpl());
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

Optimizer::Optimizer(const torch::nn::Module& network, const recipe::OptimizerOptions& options) {
  for (const auto& item : network.named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
  }
  adaptive_ = options.kind == recipe::OptimizerKind::kAdamW;
  if (adaptive_) {
    optimizer_ = std::make_unique<torch::optim::AdamW>(parameters_,
                                                       torch::optim::AdamWOptions(options.lr)
                                                           .betas({options.beta1, options.beta2})
                                                           .eps(options.eps)
                                                           .weight_decay(options.weight_decay));
  } else {
    optimizer_ =
        std::make_unique<torch::optim::SGD>(parameters_, torch::optim::SGDOptions(options.lr)
                                                             .momentum(options.momentum)
                                                             .nesterov(options.nesterov)
                                                             .weight_decay(options.weight_decay));
  }
}

void Optimizer::zero_grad() { optimizer_->zero_grad(); }

void Optimizer::step() { optimizer_->step(); }

void Optimizer::set_learning_rate(double value) {
  for (auto& group : optimizer_->param_groups()) group.options().set_lr(value);
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
