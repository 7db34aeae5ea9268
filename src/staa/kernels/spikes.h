#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/kernels/element.h"

/// Spikes kept as one bit each: value i of an array is bit i % 64 of word i / 64, 1 for a spike.
namespace staa::kernels {

constexpr std::size_t kSpikesPerWord = 64;

/// Words that hold `size` spikes.
constexpr std::size_t spike_words(std::size_t size) {
  return (size + kSpikesPerWord - 1) / kSpikesPerWord;
}

struct PackedSpikes {
  bool binary = true;     ///< all values read were 0 or 1
  std::size_t fired = 0;  ///< how many were 1
};

/// Packs values[0, size) into words[0, spike_words(size)); bits behind the last value are 0. Stops
/// early, with `binary` false, when a value is neither 0 nor 1.
PackedSpikes pack_spikes(const float* values, std::size_t size, std::uint64_t* words);
PackedSpikes pack_spikes(const double* values, std::size_t size, std::uint64_t* words);
PackedSpikes pack_spikes(const Bf16* values, std::size_t size, std::uint64_t* words);

/// How many of the bits of some words are 1.
std::size_t count_spikes(const std::uint64_t* words, std::size_t size);

/// The values that pack_spikes read.
void unpack_spikes(const std::uint64_t* words, std::size_t size, float* values);
void unpack_spikes(const std::uint64_t* words, std::size_t size, double* values);
void unpack_spikes(const std::uint64_t* words, std::size_t size, Bf16* values);

/// Bits [first, first + count) of an array of words, count <= 64, from bit 0 of the result on.
inline std::uint64_t spikes_at(const std::uint64_t* words, std::size_t first, std::size_t count) {
  const auto shift = first % kSpikesPerWord;
  const auto* word = words + first / kSpikesPerWord;
  auto bits = word[0] >> shift;
  if (shift + count > kSpikesPerWord) bits |= word[1] << (kSpikesPerWord - shift);
  return count == kSpikesPerWord ? bits : bits & ((std::uint64_t{1} << count) - 1);
}

}  // namespace staa::kernels
