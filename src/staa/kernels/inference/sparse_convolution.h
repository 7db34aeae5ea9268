#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/inference/levels.h"

/// Convolutions of one sample over some time steps, for inference. Each output position adds up its
/// window in accumulators that stay in registers. It reads either only the spikes, which are listed
/// row by row, so that silent inputs cost nothing, or all values.
///
/// A spike is a unit that is not 0 in at least one of up to four time steps, which then share its
/// weights. A unit is one channel with fp32 weights, two with int16 weights and four with int8
/// weights: as many as the processor's dot products take at once.
///
/// Both ways read the same ordered weights and add in the same order, so their results are
/// bit-identical, however the time steps are divided into calls. Sums of int16 and int8 weights are
/// 32-bit integers, which must not overflow.
namespace staa::kernels {

struct SparseConvolution {
  LevelsShape input;
  std::size_t out = 0;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;  ///< at most input.border
  bool small = false;       ///< levels are below 128, as Arm's dot products require

  std::size_t out_height() const { return (input.height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (input.width + 2 * padding - kernel) / stride + 1; }
  std::size_t out_values() const { return out_height() * out_width() * out; }
};

/// Working memory: the list of spikes. `keys` holds column * units + unit of each spike, row by row
/// of the bordered image, where `units` is the number of units per pixel. The spikes of row y from
/// column x on start at starts[y * (columns + 1) + x]. For fp32 weights, `values` holds the spikes'
/// levels in each time step. For int16 weights, `pairs` holds them, two levels in the halves of a
/// word.
struct SpikeList {
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> starts;
  std::vector<std::uint64_t> bits;
  std::vector<float> values;
  std::vector<std::int32_t> pairs;
  std::size_t most = 0;  ///< room for each time step in `values` and `pairs`

  std::size_t bytes() const {
    return (keys.size() + starts.size()) * sizeof(std::uint32_t) +
           bits.size() * sizeof(std::uint64_t) + values.size() * sizeof(float) +
           pairs.size() * sizeof(std::int32_t);
  }
};

/// How a sum becomes an output: out = scale * sum + bias. With `add`, this is added to the value
/// that is already there.
struct Epilogue {
  const float* scale = nullptr;  ///< [out]; null: 1
  const float* bias = nullptr;   ///< [out]
  bool add = false;
};

/// The number of values (float, int16 or int8) of the ordered weights on this processor.
std::size_t sparse_weights_size(const SparseConvolution& shape, float);
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int16_t);
std::size_t sparse_weights_size(const SparseConvolution& shape, std::int8_t);

/// Reorders weights [k, k, in, out] for the functions below.
void order_sparse_weights(const SparseConvolution& shape, const float* weights, float* ordered);
void order_sparse_weights(const SparseConvolution& shape, const std::int16_t* weights,
                          std::int16_t* ordered);
void order_sparse_weights(const SparseConvolution& shape, const std::int8_t* weights,
                          std::int8_t* ordered);

/// Whether convolve_spikes() is faster than convolve_all() for these levels. It counts the spikes
/// and estimates both costs for this shape and type of weights.
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 float);
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int16_t);
bool sparse_pays(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                 std::int8_t);

/// Writes output [steps, H', W', out] from the spikes in `steps` images of levels, one after
/// another.
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const float* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int16_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);
void convolve_spikes(const SparseConvolution& shape, const std::uint8_t* levels, std::size_t steps,
                     const std::int8_t* ordered, const Epilogue& epilogue, SpikeList& list,
                     float* output);

/// Writes output [steps, H', W', out] from all values: images of floats, 16-bit integers or bytes,
/// in the layout of the levels.
void convolve_all(const SparseConvolution& shape, const float* values, std::size_t steps,
                  const float* ordered, const Epilogue& epilogue, float* output);
void convolve_all(const SparseConvolution& shape, const std::int16_t* values, std::size_t steps,
                  const std::int16_t* ordered, const Epilogue& epilogue, float* output);
void convolve_all(const SparseConvolution& shape, const std::uint8_t* values, std::size_t steps,
                  const std::int8_t* ordered, const Epilogue& epilogue, float* output);

}  // namespace staa::kernels
