#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/levels.h"
#include "staa/kernels/neuron.h"

namespace staa::kernels {

/// A layer of neurons at one time step of one sample, for inference, where the membrane is kept
/// between calls. The arithmetic is that of neuron_forward.
struct NeuronStep {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  bool aggregate = false;
  const float* decay = nullptr;  ///< [C], as the next two; without the aggregator alone
  const float* gain = nullptr;
  const float* offset = nullptr;
  const float* pe_x = nullptr;  ///< [C] at this step, or null, as the next two
  const float* pe_h = nullptr;
  const float* pe_u = nullptr;
  std::size_t gc_reduced = 0;  ///< 0: no GC
  GcWeights<float> gc[2];      ///< on X, on H
  std::size_t sa_reduced = 0;  ///< 0: no SA, gate 1/2
  SaWeights<float> sa;
  float sa_alpha = 2;
  float threshold = 1;
  float reset = 0;
  bool first = false;  ///< the first step: H is 0 everywhere, whatever `h` holds
};

/// X [HW, C], and a residual that joins it: levels times `scale`, or none.
struct StepInput {
  const float* x = nullptr;
  const std::uint8_t* residual = nullptr;
  LevelsShape residual_shape;
  float residual_scale = 1;
};

/// Memory that a call works in; it grows to what the largest layer needs.
struct StepScratch {
  std::vector<float> x;  ///< X with its residual
  std::vector<float> rows;
};

/// Writes the spikes to `levels` and the membrane behind them to `h` [HW, C]; returns how many
/// fired.
std::size_t neuron_step(const NeuronStep& layer, const StepInput& input, float* h,
                        const LevelsShape& shape, std::uint8_t* levels, StepScratch& scratch);

}  // namespace staa::kernels
