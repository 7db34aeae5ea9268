#pragma once

#include <cstddef>
#include <cstdint>

namespace staa::kernels {

/// The spikes of one sample and time step as an image of bytes with a border of zeros. A byte,
/// called a level, is 0 or 1 or, after an average pool, the number of spikes in a window. The
/// channels of a pixel are padded with zeros to a multiple of four, the unit of the int8 dot
/// products, unless `packed` is set, as it is for images of floats.
struct LevelsShape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t border = 0;  ///< pixels on each side
  bool packed = false;

  std::size_t pixel() const { return packed ? channels : (channels + 3) / 4 * 4; }  ///< bytes
  std::size_t rows() const { return height + 2 * border; }
  std::size_t columns() const { return width + 2 * border; }
  std::size_t row() const { return columns() * pixel(); }  ///< bytes of a row
  std::size_t bytes() const { return rows() * row(); }
  /// The offset of pixel (y, x), counted from the image's corner inside the border.
  std::size_t at(std::size_t y, std::size_t x) const {
    return (y + border) * row() + (x + border) * pixel();
  }
};

/// The number of extra bytes after every buffer of levels, so that whole vectors can be read.
constexpr std::size_t kLevelsSlack = 64;

/// The square window of a pool.
struct PoolWindow {
  std::size_t kernel = 2;
  std::size_t stride = 2;
  std::size_t padding = 0;
  bool maximum = false;  ///< the maximum over whole windows instead of the sum
};

/// Pools one time step. An average pool writes sums of levels. Without padding, the sum of a window
/// that the border cuts off is scaled up to the size of a whole window.
void pool_levels(const PoolWindow& window, const LevelsShape& from, const std::uint8_t* in,
                 const LevelsShape& to, std::uint8_t* out);

/// values[i] = levels[i].
void levels_to_floats(const std::uint8_t* levels, std::size_t size, float* values);
void levels_to_halves(const std::uint8_t* levels, std::size_t size, std::int16_t* values);

}  // namespace staa::kernels
