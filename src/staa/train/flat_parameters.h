#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace staa::train {

/// Stores parameters as views of one tensor and their gradients as views of another. An optimiser
/// then makes a few large calls per step instead of a few small calls for each of some hundred
/// parameters. The parameters remain the same tensor objects with the same shapes and strides; only
/// their memory moves, once, in the constructor. All must have the same type and device.
class FlatParameters {
 public:
  explicit FlatParameters(std::vector<torch::Tensor> parameters);

  /// All values [N]; their .grad() is gradient().
  const torch::Tensor& values() const { return values_; }
  /// All gradients [N]. The gradient of a parameter without one is 0.
  const torch::Tensor& gradient() const { return gradient_; }

  /// Collects the parameters' gradients, which become views of gradient(). Idempotent.
  void gather();
  /// Resets the parameters' gradients to undefined.
  void clear_gradients();
  /// Tells autograd that values() has been written to.
  void mark_changed();

  /// The slice of `flat` [N], laid out like values(), that belongs to parameter i.
  torch::Tensor part(const torch::Tensor& flat, std::size_t i) const;

 private:
  std::vector<torch::Tensor> parameters_;
  std::vector<std::int64_t> offsets_;
  torch::Tensor values_;
  torch::Tensor gradient_;
  std::vector<torch::Tensor> gradients_;  // views of gradient_
};

}  // namespace staa::train
