#pragma once

#include <torch/types.h>

#include <cstdint>

#include "staa/options/neuron.h"

namespace staa::analysis {

/// Whether every value is 0 or 1.
bool is_binary(const torch::Tensor& x);

/// Multiply-adds of a dense convolution for one image and time step, with weight [out, in, k, k]
/// and an output of height x width.
double convolution_flops(const torch::Tensor& weight, std::int64_t height, std::int64_t width);

/// Accumulates of a convolution on spikes [N, C, H, W], summed over N. For each spike this counts
/// exactly the outputs that it reaches, which are fewer at the border and with a stride.
double convolution_accumulates(const torch::Tensor& spikes, const torch::Tensor& weight,
                               std::int64_t stride);

/// Multiply-accumulates and additions.
struct Operations {
  double macs = 0;
  double acs = 0;

  Operations& operator+=(const Operations& other) {
    macs += other.macs;
    acs += other.acs;
    return *this;
  }
  Operations operator*(double factor) const { return {macs * factor, acs * factor}; }
};

/// The operations of the blocks of a STAA neuron layer.
struct AttentionCount {
  Operations gc;  ///< both GC blocks
  Operations pe;
  Operations sa;

  Operations sum() const;
  AttentionCount& operator+=(const AttentionCount& other);
  AttentionCount operator*(double factor) const { return {gc * factor, pe * factor, sa * factor}; }
};

/// All operations of a neuron layer's blocks for one image and time step, with `pixels` = H * W:
///   GC  twice: 2*C*HW MACs for key and weighted sum, 2*C*R for query and value; C*HW ACs to add
///       the result to every pixel
///   PE  C*HW ACs for each table that is added
///   SA  2*C*R' MACs for its convolutions, C*HW for the gate's products; C*HW ACs to pool
/// Softmax, LayerNorm, ReLU and sigmoid, a few operations per pixel or channel, are not counted.
/// Neither is U = X + H, which replaces the update of LIF. 0 for a neuron without blocks.
AttentionCount attention_operations(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t pixels);

/// The multiply-accumulates of their 1x1 convolutions and weighted sums, without the gate's
/// products.
double block_macs(const NeuronOptions& options, std::int64_t channels, std::int64_t pixels);

}  // namespace staa::analysis
