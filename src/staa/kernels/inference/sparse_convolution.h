#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/inference/levels.h"

/// Convolutions of one sample over some time steps, for inference. Each output position gathers
/// what its windows hold into accumulators that stay in registers: either of the spikes alone,
/// listed row by row, so that what is silent costs nothing, or of everything. A spike is a channel
/// that is not 0 in at least one of up to four steps, which then share its weights, or with int8
/// weights four channels, with int16 weights two, of which one is not: so many the processor's dot
/// products take at once.
/// Both ways read the same ordered weights and add in the same order: their results are the same to
/// the bit, however the steps are divided. Sums of int16 and int8 weights are whole numbers of 32
/// bits, which they must not exceed.
namespace staa::kernels {

struct SparseConvolution {
  LevelsShape input;
  std::size_t out = 0;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;  ///< at most input.border
  bool small = false;       ///< levels are below 128: Arm's dot products take no larger ones

  std::size_t out_height() const { return (input.height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (input.width + 2 * padding - kernel) / stride + 1; }
  std::size_t out_values() const { return out_height() * out_width() * out; }
};

/// Work memory: where spikes are. `keys` holds, row after row of the bordered image, column * unit
/// + channel (or group) of each; those of row y before column x end at
/// starts[y * (columns + 1) + x]. `values` holds what fp32 spikes are in each step, `pairs` the
/// same for int16 weights: two levels in the halves of a word.
struct SpikeList {
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> starts;
  std::vector<std::uint64_t> bits;
  std::vector<float> values;
  std::vector<std::int32_t> pairs;
  std::size_t most = 0;  ///< values of a step

  std::size_t bytes() const {
    return (keys.size() + starts.size()) * sizeof(std::uint32_t) +
           bits.size() * sizeof(std::uint64_t) + values.size() * sizeof(float) +
           pairs.size() * sizeof(std::int32_t);
  }
};

/// What becomes of an output: out = scale * sum + bias, added to what is there where `add`.
struct Epilogue {
  const float* scale = nullptr;  ///< [out]; null: 1
  const float* bias = nullptr;   ///< [out]
  bool add = false;
};

/// Values (float, int16 or int8) of the ordered weights, for the processor at hand.
std::size_t sparse_weights_size(const SparseConvolution& shape, float);
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int16_t);
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int8_t);

/// Orders weights [k, k, in, out].
void order_sparse_weights(const SparseConvolution& shape, const float* weights, float* ordered);
void order_sparse_weights(const SparseConvolution& shape, const std::int16_t* weights,
                          std::int16_t* ordered);
void order_sparse_weights(const SparseConvolution& shape, const std::int8_t* weights,
                          std::int8_t* ordered);

/// Whether looking at the spikes alone is the faster way for these levels: by counting them, and
/// what spikes and everything cost in a layer of this shape, with weights of that type.
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 float);
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int16_t);
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int8_t);

/// output [steps, H', W', out] of the spikes in `steps` images of levels, one behind another.
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const float* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int16_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int8_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);

/// output [steps, H', W', out] of everything: `values` are images of floats, of halves of words, or
/// of bytes, of the layout of the levels.
void convolve_all(const SparseConvolution& shape, const float* values, std::size_t steps,
                  const float* ordered, const Epilogue& epilogue, float* output);
void convolve_all(const SparseConvolution& shape, const std::int16_t* values, std::size_t steps,
                  const std::int16_t* ordered, const Epilogue& epilogue, float* output);
void convolve_all(const SparseConvolution& shape, const std::uint8_t* values, std::size_t steps,
                  const std::int8_t* ordered, const Epilogue& epilogue, float* output);

}  // namespace staa::kernels
