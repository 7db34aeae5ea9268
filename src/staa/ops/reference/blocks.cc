#include "staa/ops/reference/blocks.h"

namespace staa::ops::reference {
namespace {

/// A 1x1 convolution of one pixel: x [B, in] -> [B, out].
torch::Tensor conv1x1(const torch::Tensor& x, const torch::Tensor& weight,
                      const torch::Tensor& bias) {
  return torch::linear(x, weight.flatten(1), bias);
}

/// [B, C, H, W] -> [B, HW, C]: a view when x is channels-last.
torch::Tensor pixels_of(const torch::Tensor& x) { return x.permute({0, 2, 3, 1}).flatten(1, 2); }

/// [B, HW, C] -> [B, HW, 1].
torch::Tensor attention_of(const torch::Tensor& pixels, const GcParameters& gc) {
  return torch::sigmoid(conv1x1(pixels, gc.key_weight, gc.key_bias));
}

}  // namespace

torch::Tensor context_attention(const torch::Tensor& x, const GcParameters& gc) {
  return attention_of(pixels_of(x), gc).view({x.size(0), x.size(2), x.size(3)});
}

torch::Tensor global_context(const torch::Tensor& x, const GcParameters& gc) {
  const auto pixels = pixels_of(x);
  const auto attention = attention_of(pixels, gc);
  const auto context = attention.transpose(1, 2).bmm(pixels).squeeze(1);  // Eq. 7, [B, C]
  const auto query = conv1x1(context, gc.query_weight, gc.query_bias);    // Eq. 8, [B, R]
  const auto normed = torch::layer_norm(query, {query.size(1)}, gc.norm_weight, gc.norm_bias, 1e-5);
  return conv1x1(torch::relu(normed), gc.value_weight, gc.value_bias);  // Eq. 9, [B, C]
}

torch::Tensor apply_global_context(const torch::Tensor& x, const GcParameters& gc) {
  if (!gc.defined()) return x;
  return x + global_context(x, gc).unsqueeze(-1).unsqueeze(-1);  // Eq. 10
}

torch::Tensor step_attention_gate(const torch::Tensor& u, const SaParameters& sa,
                                  const NeuronOptions& options) {
  const auto pooled = options.sa_inner() * u.mean({2, 3});
  const auto reduced = torch::relu(conv1x1(pooled, sa.reduce_weight, sa.reduce_bias));
  const auto gate = torch::sigmoid(conv1x1(reduced, sa.expand_weight, sa.expand_bias));
  return (options.sa_outer() * gate).unsqueeze(-1).unsqueeze(-1);
}

torch::Tensor apply_step_attention(const torch::Tensor& u, const SaParameters& sa,
                                   const NeuronOptions& options) {
  if (!sa.defined()) return u * (options.sa_outer() / 2);
  return u * step_attention_gate(u, sa, options);  // Eq. 12
}

}  // namespace staa::ops::reference
