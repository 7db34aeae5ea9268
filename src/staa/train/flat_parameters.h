#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace staa::train {

/// Parameters as parts of one tensor, and their gradients as parts of another: an optimiser then
/// makes a handful of long calls a step in place of a handful for each of some hundred parameters.
/// The parameters stay the tensors they were, of the same shapes and strides; only their memory
/// moves, once, here. All must be of one type and device.
class FlatParameters {
 public:
  explicit FlatParameters(std::vector<torch::Tensor> parameters);

  /// All values [N], with gradient() as its .grad().
  const torch::Tensor& values() const { return values_; }
  /// All gradients [N]; that of a parameter without one is 0.
  const torch::Tensor& gradient() const { return gradient_; }

  /// Takes the parameters' gradients, which become parts of gradient(). More than once is once.
  void gather();
  /// Drops the parameters' gradients.
  void clear_gradients();
  /// Tells autograd that values() has been written to.
  void mark_changed();

  /// The part of `flat` [N], which is arranged as values(), that belongs to parameter i.
  torch::Tensor part(const torch::Tensor& flat, std::size_t i) const;

 private:
  std::vector<torch::Tensor> parameters_;
  std::vector<std::int64_t> offsets_;
  torch::Tensor values_;
  torch::Tensor gradient_;
  std::vector<torch::Tensor> gradients_;  // its parts
};

}  // namespace staa::train
