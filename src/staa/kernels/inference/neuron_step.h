#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/buffer.h"
#include "staa/kernels/inference/levels.h"
#include "staa/kernels/neuron/neuron.h"

namespace staa::kernels {

/// A layer of neurons over some time steps of one sample, for inference, where the membrane is kept
/// between calls. The arithmetic is that of neuron_forward.
struct NeuronStep {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  bool aggregate = false;
  const float* decay = nullptr;  ///< [C], as the next two; without the aggregator alone
  const float* gain = nullptr;
  const float* offset = nullptr;
  const float* pe_x = nullptr;  ///< [T, C] or null, as the next two
  const float* pe_h = nullptr;
  const float* pe_u = nullptr;
  std::size_t gc_reduced = 0;  ///< 0: no GC
  GcWeights<float> gc[2];      ///< on X, on H; `query` and `value_columns` are read
  std::size_t sa_reduced = 0;  ///< 0: no SA, gate sa_gain / 2
  SaWeights<float> sa;         ///< `reduce` and `expand_columns` are read
  float sa_alpha = 2;          ///< on the pooled input
  float sa_gain = 1;           ///< on the sigmoid
  float threshold = 1;
  float reset = 0;
};

/// X [HW, C] of each step, and a residual that joins it: levels times `scale`, or none.
struct StepInput {
  const float* x = nullptr;
  std::size_t x_step = 0;                  ///< values from one step to the next; 0: all the same
  const std::uint8_t* residual = nullptr;  ///< one image behind another
  LevelsShape residual_shape;
  float residual_scale = 1;
};

/// Memory that a call works in; it grows to what the largest layer needs.
struct StepScratch {
  LineVector<float> x;  ///< X with its residual
  LineVector<float> rows;
  std::vector<std::uint32_t> active;
};

/// Which steps: the first of all reads no membrane, as H is 0 everywhere.
struct StepRange {
  std::size_t first = 0;
  std::size_t count = 1;
};

/// Writes the spikes to `levels`, one image behind another, and the membrane behind them to `h`
/// [HW, C]; returns how many fired. The same to the bit however the steps are divided into calls.
std::size_t neuron_steps(const NeuronStep& layer, const StepRange& steps, const StepInput& input,
                         float* h, const LevelsShape& shape, std::uint8_t* levels,
                         StepScratch& scratch);

}  // namespace staa::kernels
