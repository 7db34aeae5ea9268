#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace staa::data {

// Loops over rows of interleaved pixels, vectorised for the processor at run time.

/// blend_columns may read and write this many values after the end of a row.
constexpr std::size_t kRowPadding = 4;
/// blend_rows works on blocks of this many values.
constexpr std::size_t kRowBlock = 64;

/// Weighted sums along one axis: output i is the sum of the `taps` inputs from first[i], with the
/// weights from index i * taps.
struct Filter {
  static constexpr std::size_t kGroup = 4;

  std::size_t taps = 0;
  std::vector<std::size_t> first;
  std::vector<float> weights;
  std::vector<float> spread;  ///< made by spread_weights(); may be empty

  /// Reverses the order of the outputs.
  void reverse();
  /// Prepares blend_columns to filter kGroup pixels of three channels at once, which pays off for
  /// many rows. It must be called again after a change.
  void spread_weights();
};

/// Computes the weighted sum of `taps` rows: out[i] for i < count. Reads and writes up to the next
/// multiple of kRowBlock.
void blend_rows(const std::uint8_t* const* rows, const float* weights, std::size_t taps,
                std::size_t count, float* out);

/// Filters a row of pixels of up to four `channels` horizontally. Reads and writes up to
/// kRowPadding values after the end.
void blend_columns(const float* row, const Filter& filter, std::size_t channels, float* out);

/// Rounds to the nearest byte; values outside of 0 to 255 are clamped.
void round_to_bytes(const float* values, std::size_t count, std::uint8_t* out);

/// Mirrors a row of pixels of 1 or 3 channels.
void mirror_row(std::uint8_t* row, std::size_t width, std::size_t channels);

/// An affine map per channel: a byte v becomes scale * v + shift.
struct ChannelMap {
  /// The number of pixels that are mapped at once.
  static constexpr std::size_t kPixels = 16;

  /// `scale` and `shift` have one value per channel.
  ChannelMap(const std::vector<float>& scale, const std::vector<float>& shift);

  std::vector<float> scales;  ///< the channels' scales, repeated for kPixels pixels
  std::vector<float> shifts;
};

/// Maps whole pixels: `count` must be a multiple of the number of channels.
void map_channels(const std::uint8_t* bytes, std::size_t count, const ChannelMap& map, float* out);
void map_channels(const float* values, std::size_t count, const ChannelMap& map, float* out);

}  // namespace staa::data
