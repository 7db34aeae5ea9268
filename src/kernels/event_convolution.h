#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/kernels/levels.h"

/// Convolutions of one sample and one time step, for inference. Each output position gathers what
/// its window holds into accumulators that stay in registers: either of the events alone, listed
/// row by row, so that what is silent costs nothing, or of everything. Weights are fp32, where an
/// event is a value that is not 0, or int8, where it is four channels of a pixel of which one is
/// not, as the processor's dot products take four at once. Both ways read the same ordered weights,
/// and for int8 give the same result to the bit.
namespace staa::kernels {

struct EventConvolution {
  LevelsShape input;
  std::size_t out = 0;
  std::size_t kernel = 3;
  std::size_t stride = 1;
  std::size_t padding = 1;  ///< at most input.border

  std::size_t out_height() const { return (input.height + 2 * padding - kernel) / stride + 1; }
  std::size_t out_width() const { return (input.width + 2 * padding - kernel) / stride + 1; }
  std::size_t out_values() const { return out_height() * out_width() * out; }
  /// Values, or groups of four, that a dense convolution looks at in the input.
  std::size_t slots(bool int8) const {
    return input.height * input.width * input.pixel() / (int8 ? 4 : 1);
  }
};

/// Where events are: `keys` holds, row after row of the bordered image, column * unit + channel (or
/// group) of each; those of row y before column x end at starts[y * (columns + 1) + x].
struct EventList {
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> starts;
  std::size_t size = 0;
};

/// What becomes of an output: out = scale * sum + bias, added to what is there where `add`.
struct Epilogue {
  const float* scale = nullptr;  ///< [out]; null: 1
  const float* bias = nullptr;   ///< [out]
  bool add = false;
};

/// Values (float, or int8) of the ordered weights, for the processor at hand.
std::size_t event_weights_size(const EventConvolution& shape, float);
std::size_t event_weights_size(const EventConvolution& shape, std::int8_t);

/// Orders weights [k, k, in, out].
void order_event_weights(const EventConvolution& shape, const float* weights, float* ordered);
void order_event_weights(const EventConvolution& shape, const std::int8_t* weights,
                         std::int8_t* ordered);

/// Lists the values, or with `int8` the groups of four, that are not 0.
void list_events(const LevelsShape& shape, const std::uint8_t* levels, bool int8, EventList& list);

/// output [H', W', out] of the events. `binary`: all levels are 0 or 1.
void convolve_events(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
                     const EventList& list, const float* ordered, const Epilogue& epilogue,
                     float* output);
void convolve_events(const EventConvolution& shape, const std::uint8_t* levels, bool binary,
                     const EventList& list, const std::int8_t* ordered, const Epilogue& epilogue,
                     float* output);

/// output [H', W', out] of everything: `values` is an image of floats, or of bytes, of the layout
/// of the levels.
void convolve_all(const EventConvolution& shape, const float* values, const float* ordered,
                  const Epilogue& epilogue, float* output);
void convolve_all(const EventConvolution& shape, const std::uint8_t* values,
                  const std::int8_t* ordered, const Epilogue& epilogue, float* output);

/// values[i] = levels[i].
void levels_to_floats(const std::uint8_t* levels, std::size_t size, float* values);

}  // namespace staa::kernels
