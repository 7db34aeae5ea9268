#include "staa/train/optimizer.h"

#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <sstream>
#include <type_traits>

#include "staa/util/error.h"

namespace staa::train {
namespace {

/// Suffix of the names of momentum buffers, for SGD and Muon.
constexpr const char* kMomentum = "/momentum_buffer";

/// The key under which an optimiser keeps a parameter's state: a string in LibTorch 1, a pointer in
/// LibTorch 2.
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

/// The options of LibTorch's optimiser for a group.
std::unique_ptr<torch::optim::OptimizerOptions> options_of(const ParameterGroup& group,
                                                           const OptimizerOptions& o) {
  if (group.algorithm == Algorithm::kAdamW) {
    return std::make_unique<torch::optim::AdamWOptions>(torch::optim::AdamWOptions(group.lr)
                                                            .betas({o.beta1, o.beta2})
                                                            .eps(o.eps)
                                                            .weight_decay(group.weight_decay));
  }
  const bool rest = o.kind == OptimizerKind::kMuon;
  return std::make_unique<torch::optim::SGDOptions>(
      torch::optim::SGDOptions(group.lr)
          .momentum(rest ? o.rest_momentum : o.momentum)
          .nesterov(!rest && o.nesterov)
          .weight_decay(group.weight_decay));
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

Optimizer::Optimizer(const torch::nn::Module& network, const OptimizerOptions& options)
    : lr_(options.lr) {
  std::vector<torch::optim::OptimizerParamGroup> rest;
  for (auto& group : group_parameters(network, options)) {
    auto tensors = group.tensors;
    groups_.push_back({group.algorithm, group.lr, std::move(group.names),
                       FlatParameters(std::move(group.tensors)), nullptr});
    auto& own = groups_.back();
    if (group.algorithm == Algorithm::kMuon) {
      own.muon = std::make_unique<Muon>(std::move(tensors), options.momentum);
      continue;
    }
    rest.emplace_back(std::vector<torch::Tensor>{own.flat.values()}, options_of(group, options));
    adaptive_ = group.algorithm == Algorithm::kAdamW;
  }
  if (rest.empty()) return;
  if (adaptive_) {
    optimizer_ = std::make_unique<torch::optim::AdamW>(std::move(rest));
  } else {
    optimizer_ =
        std::make_unique<torch::optim::SGD>(std::move(rest), torch::optim::SGDOptions(options.lr));
  }
}

void Optimizer::zero_grad() {
  for (auto& group : groups_) group.flat.clear_gradients();
}

void Optimizer::step() {
  for (auto& group : groups_) group.flat.gather();
  for (auto& group : groups_) {
    if (group.muon) group.muon->step(group.lr * relative_);
  }
  if (optimizer_) optimizer_->step();
  for (auto& group : groups_) group.flat.mark_changed();
}

void Optimizer::set_learning_rate(double value) {
  relative_ = value / lr_;
  if (!optimizer_) return;
  auto groups = optimizer_->param_groups().begin();
  for (const auto& group : groups_) {
    if (!group.muon) (groups++)->options().set_lr(group.lr * relative_);
  }
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
    // A sum propagates NaN and infinity and needs only one pass. It may also overflow for large
    // finite numbers, so a non-finite sum needs a closer look.
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
  for (const auto& group : groups_) {
    const auto& names = group.names;
    const auto& flat = group.flat;
    if (group.muon) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        out[names[i] + kMomentum] = group.muon->buffers()[i];
      }
      continue;
    }
    const auto put = [&](const char* what, const torch::Tensor& all) {
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
      if (state != nullptr) put(kMomentum, state->momentum_buffer());
    }
  }
  return out;
}

void Optimizer::load_state(const std::map<std::string, torch::Tensor>& state,
                           const std::string& source) {
  const StateReader reader(state, source);
  if (optimizer_) optimizer_->state().clear();
  for (auto& group : groups_) {
    const auto& names = group.names;
    const auto& flat = group.flat;
    if (group.muon) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto& buffer = group.muon->buffers()[i];
        buffer.copy_(reader.get(names[i] + kMomentum, buffer.sizes()));
      }
      continue;
    }
    auto& states = optimizer_->state();
    // There is no state before the first step, and none at all for SGD without momentum.
    const auto* kept = adaptive_ ? "/step" : kMomentum;
    if (names.empty() || !reader.has(names.front() + kept)) continue;
    const auto get = [&](const char* what) {
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
      entry->momentum_buffer(get(kMomentum));
      states[key] = std::move(entry);
    }
  }
}

}  // namespace staa::train
