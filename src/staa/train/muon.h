#pragma once

#include <torch/types.h>

#include <vector>

namespace staa::train {

/// A gradient [rows, columns] made near-orthogonal: its singular values are brought near 1 by
/// `steps` steps of the Newton-Schulz quintic X <- a X + (b A + c A^2) X with A = X X^T and (a, b,
/// c) = (3.4445, -4.7750, 2.0315). Of a matrix of zeros it gives zeros.
torch::Tensor orthogonalise(const torch::Tensor& gradient, int steps = 3);

/// Muon (K. Jordan, 2024) for weights of convolutions, each read as a matrix [out, in * k * k]:
/// momentum in Nesterov's form, made near-orthogonal, is the step. Before it the weight is scaled
/// to the norm sqrt(out), which BatchNorm behind it does not notice, so that the learning rate is
/// relative to it.
class Muon {
 public:
  /// Momentum buffers start at 0.
  Muon(std::vector<torch::Tensor> weights, double momentum);

  /// One step from the weights' gradients. A weight without a gradient stays as it is.
  void step(double lr);

  std::vector<torch::Tensor>& buffers() { return buffers_; }
  const std::vector<torch::Tensor>& buffers() const { return buffers_; }

 private:
  std::vector<torch::Tensor> weights_;
  double momentum_;
  std::vector<torch::Tensor> buffers_;
};

}  // namespace staa::train
