#include "staa/train/parameter_classes.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "staa/nn/neuron.h"

namespace staa::train {
namespace {

using Identities = std::set<const void*>;

const void* identity(const torch::Tensor& tensor) { return tensor.unsafeGetTensorImpl(); }

/// The parameters of the modules for which `take` is true.
template <class Take>
Identities parameters_of(const torch::nn::Module& network, const Take& take) {
  Identities found;
  for (const auto& module : network.modules()) {
    if (!take(*module)) continue;
    for (const auto& parameter : module->parameters()) found.insert(identity(parameter));
  }
  return found;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_norm(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm1dImpl>() != nullptr ||
         module.as<torch::nn::BatchNorm2dImpl>() != nullptr ||
         module.as<torch::nn::BatchNorm3dImpl>() != nullptr ||
         module.as<torch::nn::LayerNormImpl>() != nullptr ||
         module.as<torch::nn::GroupNormImpl>() != nullptr;
}

Identities parameters_of_last_linear(const torch::nn::Module& network) {
  Identities found;
  for (const auto& module : network.modules()) {
    if (module->as<torch::nn::LinearImpl>() == nullptr) continue;
    found.clear();
    for (const auto& parameter : module->parameters()) found.insert(identity(parameter));
  }
  return found;
}

/// The factors on one parameter's learning rate and weight decay.
struct Factors {
  double lr;
  double decay;
  bool convolution = false;
};

Algorithm algorithm_of(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::kAdamW:
      return Algorithm::kAdamW;
    case OptimizerKind::kMuon:
      return Algorithm::kMuon;
    case OptimizerKind::kSgd:
      break;
  }
  return Algorithm::kSgd;
}

double gc_value_factor(std::int64_t reduced, Algorithm algorithm) {
  const auto width = static_cast<double>(reduced);
  return std::min(1.0, algorithm == Algorithm::kAdamW ? 1 / (0.4 * width) : std::sqrt(2 / width));
}

}  // namespace

std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network,
                                             const OptimizerOptions& options) {
  const auto neurons = parameters_of(network, [](const torch::nn::Module& module) {
    return dynamic_cast<const nn::Neuron*>(&module) != nullptr;
  });
  const auto norms = parameters_of(network, is_norm);
  const auto head = parameters_of_last_linear(network);
  const bool muon = options.kind == OptimizerKind::kMuon;
  const auto rest = algorithm_of(muon ? options.rest : options.kind);
  const auto factors_of = [&](const std::string& name, const torch::Tensor& tensor) -> Factors {
    const auto factors = [](const ClassFactors& f) { return Factors{f.lr, f.decay}; };
    const auto* id = identity(tensor);
    if (neurons.count(id) > 0) {
      if (tensor.dim() != 4) return factors(options.neuron_vector);
      auto matrix = factors(options.neuron_matrix);
      const bool value = ends_with(name, "gc1.value.weight") || ends_with(name, "gc2.value.weight");
      if (options.scale_gc_value && value) matrix.lr *= gc_value_factor(tensor.size(1), rest);
      return matrix;
    }
    if (norms.count(id) > 0) {
      return factors(ends_with(name, "weight") ? options.norm_scale : options.norm_shift);
    }
    if (head.count(id) > 0) {
      return {options.head.lr, tensor.dim() > 1 ? options.head.decay : options.norm_shift.decay};
    }
    if (tensor.dim() < 2) return factors(options.norm_shift);
    return {options.convolution.lr, options.convolution.decay, tensor.dim() > 2};
  };

  std::vector<ParameterGroup> groups;
  for (const auto& item : network.named_parameters()) {
    const auto factors = factors_of(item.key(), item.value());
    ParameterGroup wanted;
    wanted.algorithm = muon && factors.convolution ? Algorithm::kMuon : rest;
    const bool own = !muon || wanted.algorithm == Algorithm::kMuon;
    wanted.lr = factors.lr * (own ? options.lr : options.rest_lr);
    const bool renormalised = wanted.algorithm == Algorithm::kMuon;
    wanted.weight_decay = renormalised ? 0 : factors.decay * options.weight_decay;
    auto found = std::find_if(groups.begin(), groups.end(), [&](const ParameterGroup& group) {
      return group.algorithm == wanted.algorithm && group.lr == wanted.lr &&
             group.weight_decay == wanted.weight_decay;
    });
    if (found == groups.end()) found = groups.insert(groups.end(), wanted);
    found->names.push_back(item.key());
    found->tensors.push_back(item.value());
  }
  return groups;
}

}  // namespace staa::train
