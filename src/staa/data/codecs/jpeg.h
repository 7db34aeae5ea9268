#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/image.h"

namespace staa::data {

/// Decodes a part of one JPEG in memory. Pixels to the left, to the right and below that part are
/// not computed, and a smaller size is decoded with less work (from the DCT's low frequencies).
///
/// Every error is an Error(kInput) with `file` and libjpeg-turbo's reason. Warnings about the
/// decoded data, such as truncation or corruption, are errors too, except for extra bytes before
/// the end, which affect no pixel. A file without an end marker, an image of more than
/// kMaxImagePixels and more than 200 scans are also errors. CMYK is converted to RGB without a
/// colour profile.
class JpegReader {
 public:
  /// Reads the header. `bytes` must outlive the reader.
  JpegReader(const std::string& file, const std::uint8_t* bytes, std::size_t count);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  /// The shape of the whole image, with 1 channel if it is grey and 3 otherwise.
  ImageShape shape() const;

  /// Starts decoding at 1/denominator of the size (1, 2, 4 or 8) with `channels` channels: 3, or 1
  /// for a grey image. The result contains all pixels of `box`, a part of the whole image, and some
  /// around it. Can be called once. The rows are decoded on demand and need the reader.
  PixelRows rows(const Box& box, std::int64_t denominator, std::int64_t channels);

  /// Must be called when no more rows are needed: decodes the remaining ones and looks for the end
  /// of the image.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Decodes a whole JPEG: to 1 channel if it is grey, to 3 (RGB) otherwise. Throws JpegReader's
/// errors.
Image decode_jpeg(const std::string& file, const std::uint8_t* bytes, std::size_t count);

}  // namespace staa::data
