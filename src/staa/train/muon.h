#pragma once

#include <torch/types.h>

#include <vector>

namespace staa::train {

/// Makes a gradient [rows, columns] nearly orthogonal: `steps` iterations of the quintic
/// Newton-Schulz step X <- a X + (b A + c A^2) X with A = X X^T and (a, b, c) = (3.4445, -4.7750,
/// 2.0315) bring its singular values close to 1. Zeros stay zeros.
torch::Tensor orthogonalise(const torch::Tensor& gradient, int steps = 3);

/// Muon (K. Jordan, 2024) for the weights of convolutions, each read as a matrix [out, in * k * k].
/// The step is the Nesterov momentum, made nearly orthogonal. Before each step the weight is
/// rescaled to the norm sqrt(out), so that the learning rate is relative to a fixed norm; a
/// BatchNorm after the convolution cancels this scaling.
class Muon {
 public:
  /// Momentum buffers start at 0.
  Muon(std::vector<torch::Tensor> weights, double momentum);

  /// Makes one step from the weights' gradients. A weight without a gradient is left unchanged.
  void step(double lr);

  std::vector<torch::Tensor>& buffers() { return buffers_; }
  const std::vector<torch::Tensor>& buffers() const { return buffers_; }

 private:
  std::vector<torch::Tensor> weights_;
  double momentum_;
  std::vector<torch::Tensor> buffers_;
};

}  // namespace staa::train
