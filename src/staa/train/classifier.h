#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <utility>

namespace staa::train {

/// The shape in which a network expects inputs that do not change over time.
enum class StillInput {
  kPlain,     ///< [B, ...], as LibTorch's layers do
  kSequence,  ///< [1, B, ...], a sequence of one step, as staa's networks do
};

/// A network as the training loop calls it: any module with a `forward` from tensor to tensor,
/// given as a shared pointer or as one of LibTorch's holders (`TORCH_MODULE`,
/// `torch::nn::Sequential`).
class Classifier {
 public:
  template <class Module>
  Classifier(std::shared_ptr<Module> module,  // NOLINT(google-explicit-constructor)
             StillInput still = StillInput::kPlain)
      : Classifier(
            module, [module](const torch::Tensor& x) { return module->forward(x); }, still) {}

  template <class Module>
  Classifier(const torch::nn::ModuleHolder<Module>& holder,  // NOLINT(google-explicit-constructor)
             StillInput still = StillInput::kPlain)
      : Classifier(holder.ptr(), still) {}

  /// For a module that has no such `forward`.
  Classifier(std::shared_ptr<torch::nn::Module> module,
             std::function<torch::Tensor(const torch::Tensor&)> forward,
             StillInput still = StillInput::kPlain)
      : module_(std::move(module)), call_(std::move(forward)), still_(still) {}

  torch::nn::Module& module() const { return *module_; }

  /// Returns the logits of every time step, [T, B, K], for the sequences of a TensorBatch. An
  /// output of shape [B, K] counts as one time step. Throws Error(kRuntime) if the output has any
  /// other shape.
  torch::Tensor forward(const torch::Tensor& inputs) const;

 private:
  std::shared_ptr<torch::nn::Module> module_;
  std::function<torch::Tensor(const torch::Tensor&)> call_;
  StillInput still_;
};

}  // namespace staa::train
