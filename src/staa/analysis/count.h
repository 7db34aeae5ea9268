#pragma once

#include <torch/types.h>

#include <cstdint>

#include "staa/options/neuron.h"

namespace staa::analysis {

/// True when every value is 0 or 1.
bool is_binary(const torch::Tensor& x);

/// Multiply-adds of a dense convolution on one image and step: weight [out, in, k, k], output
/// extent height x width.
double convolution_flops(const torch::Tensor& weight, std::int64_t height, std::int64_t width);

/// Accumulates of a convolution on spikes [N, C, H, W] in sum over N: for each spike, the outputs
/// that its value reaches, exactly: fewer at the border, and as the stride leaves them.
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

/// What the blocks of a STAA neuron cost.
struct AttentionCount {
  Operations gc;  ///< both blocks
  Operations pe;
  Operations sa;

  Operations sum() const;
  AttentionCount& operator+=(const AttentionCount& other);
  AttentionCount operator*(double factor) const { return {gc * factor, pe * factor, sa * factor}; }
};

/// All operations of the blocks of a neuron on one image and step, `pixels` = H * W:
///   GC  twice: 2*C*HW MACs for key and weighted sum, 2*C*R for query and value; C*HW ACs to add
///       the result to every pixel
///   PE  C*HW ACs for each table that is added
///   SA  2*C*R' MACs for its convolutions, C*HW for the gate's products; C*HW ACs to pool
/// Softmax, LayerNorm, ReLU and sigmoid, some operations a pixel or channel, are not counted, nor
/// is U = X + H, which takes the place of LIF's own update. 0 for a neuron without blocks.
AttentionCount attention_operations(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t pixels);

/// Of these the multiply-accumulates of 1x1 convolutions and weighted sums: all but the gate's.
double block_macs(const NeuronOptions& options, std::int64_t channels, std::int64_t pixels);

}  // namespace staa::analysis
