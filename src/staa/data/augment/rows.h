#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace staa::data {

// Loops over rows of interleaved pixels, in the vectors of the processor that the program meets.

/// What blend_columns reads and writes of a row behind its last value at most.
constexpr std::size_t kRowPadding = 4;
/// blend_rows works on so many values at once.
constexpr std::size_t kRowBlock = 64;

/// Weighted sums along one axis: output i is made of the `taps` inputs from first[i] on, with the
/// weights from i * taps on.
struct Filter {
  static constexpr std::size_t kGroup = 4;

  std::size_t taps = 0;
  std::vector<std::size_t> first;
  std::vector<float> weights;
  std::vector<float> spread;  ///< made by spread_weights(); may be empty

  /// Puts the outputs into the opposite order.
  void reverse();
  /// Has blend_columns filter kGroup pixels at once where they have three channels: for many rows.
  /// Call again after a change.
  void spread_weights();
};

/// The weighted sum of `taps` rows: out[i] for i < count. Reads and writes up to the next multiple
/// of kRowBlock.
void blend_rows(const std::uint8_t* const* rows, const float* weights, std::size_t taps,
                std::size_t count, float* out);

/// Filters a row of pixels of up to four `channels` along itself. Reads and writes kRowPadding
/// values too many.
void blend_columns(const float* row, const Filter& filter, std::size_t channels, float* out);

/// To the nearest byte; what is above 255 or below 0 becomes that.
void round_to_bytes(const float* values, std::size_t count, std::uint8_t* out);

/// Mirrors a row of pixels of 1 or 3 channels.
void mirror_row(std::uint8_t* row, std::size_t width, std::size_t channels);

/// An affine map a channel: a byte v becomes scale * v + shift.
struct ChannelMap {
  /// Values of the pixels that are mapped at once, of one channel.
  static constexpr std::size_t kPixels = 16;

  /// `scale` and `shift` have a value a channel.
  ChannelMap(const std::vector<float>& scale, const std::vector<float>& shift);

  std::vector<float> scales;  ///< of kPixels pixels, value by value
  std::vector<float> shifts;
};

/// Maps whole pixels: `count` values, a multiple of the channels.
void map_channels(const std::uint8_t* bytes, std::size_t count, const ChannelMap& map, float* out);
void map_channels(const float* values, std::size_t count, const ChannelMap& map, float* out);

}  // namespace staa::data
