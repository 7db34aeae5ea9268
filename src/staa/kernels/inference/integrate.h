#pragma once

#include <cstddef>
#include <cstdint>

namespace staa::kernels {

/// One time step of neurons with linear dynamics: v = decay * v + gain * x + offset. With a
/// synapse, i = synapse_decay * i + synapse_gain * x takes the place of x. Neurons above
/// `threshold` fire, and their v becomes `reset`.
struct Integration {
  std::size_t pixels = 0;
  std::size_t channels = 0;
  bool each = false;                     ///< constants are [pixels, channels], not [channels]
  const float* synapse_decay = nullptr;  ///< null: no synapse
  const float* synapse_gain = nullptr;
  const float* decay = nullptr;
  const float* gain = nullptr;
  const float* offset = nullptr;
  const float* threshold = nullptr;  ///< null: no spikes
  const float* reset = nullptr;      ///< null: v becomes v - threshold

  std::size_t values() const { return pixels * channels; }
};

/// The number of extra entries after a list of spikes, so that whole vectors can be written.
constexpr std::size_t kSpikesSlack = 64;

/// Updates the synapses `i` and membranes `v` with the input `x` [pixels, channels]. Writes the
/// indices of neurons that fire to `fired`, in order; it must have room for all neurons plus
/// kSpikesSlack. Returns the number of spikes.
std::size_t integrate(const Integration& layer, const float* x, float* i, float* v,
                      std::uint32_t* fired);

/// Writes the indices of values in `x` above layer.threshold to `fired`, as integrate() does, and
/// returns their number. Of `layer`, only the extents, `each` and `threshold` are used.
std::size_t above_threshold(const Integration& layer, const float* x, std::uint32_t* fired);

}  // namespace staa::kernels
