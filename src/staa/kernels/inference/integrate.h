#pragma once

#include <cstddef>
#include <cstdint>

namespace staa::kernels {

/// One step of neurons with linear dynamics: with a synapse i = synapse_decay * i + synapse_gain *
/// x in place of x; then v = decay * v + gain * x + offset. Above `threshold` they fire, and v
/// becomes `reset`.
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
  const float* reset = nullptr;      ///< null: v - threshold

  std::size_t values() const { return pixels * channels; }
};

/// Entries that a list of spikes has behind its last, so that whole vectors may be written.
constexpr std::size_t kSpikesSlack = 64;

/// Of `x` [pixels, channels] writes the synapse `i` and the membrane `v`; the indices of those that
/// fire go to `fired`, in order, with room for all and kSpikesSlack. Returns how many.
std::size_t integrate(const Integration& layer, const float* x, float* i, float* v,
                      std::uint32_t* fired);

/// The indices of values above `threshold`, whose `each` and extents are as above.
std::size_t above_threshold(const Integration& layer, const float* x, std::uint32_t* fired);

}  // namespace staa::kernels
