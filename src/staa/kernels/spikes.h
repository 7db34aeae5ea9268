#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/kernels/element.h"

/// Spikes stored as one bit each: value i of an array is bit i % 64 of word i / 64, 1 for a spike.
namespace staa::kernels {

constexpr std::size_t kSpikesPerWord = 64;

/// The number of words that hold `size` spikes.
constexpr std::size_t spike_words(std::size_t size) {
  return (size + kSpikesPerWord - 1) / kSpikesPerWord;
}

struct PackedSpikes {
  bool binary = true;     ///< whether all values are 0 or 1
  std::size_t fired = 0;  ///< number of values that are 1, if `binary`
};

/// Packs values[0, size) into words[0, spike_words(size)); bits after the last value are 0. Stops
/// early, with `binary` false, if a value is neither 0 nor 1.
PackedSpikes pack_spikes(const float* values, std::size_t size, std::uint64_t* words);
PackedSpikes pack_spikes(const double* values, std::size_t size, std::uint64_t* words);
PackedSpikes pack_spikes(const Bf16* values, std::size_t size, std::uint64_t* words);

/// The number of 1 bits in words[0, size).
std::size_t count_spikes(const std::uint64_t* words, std::size_t size);

/// Writes the values of `size` spikes, the inverse of pack_spikes().
void unpack_spikes(const std::uint64_t* words, std::size_t size, float* values);
void unpack_spikes(const std::uint64_t* words, std::size_t size, double* values);
void unpack_spikes(const std::uint64_t* words, std::size_t size, Bf16* values);

/// Returns bits [first, first + count) of an array of words, count <= 64, starting at bit 0 of the
/// result.
inline std::uint64_t spikes_at(const std::uint64_t* words, std::size_t first, std::size_t count) {
  const auto shift = first % kSpikesPerWord;
  const auto* word = words + first / kSpikesPerWord;
  auto bits = word[0] >> shift;
  if (shift + count > kSpikesPerWord) bits |= word[1] << (kSpikesPerWord - shift);
  return count == kSpikesPerWord ? bits : bits & ((std::uint64_t{1} << count) - 1);
}

}  // namespace staa::kernels
