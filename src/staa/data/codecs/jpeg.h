#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/image.h"

namespace staa::data {

/// One JPEG in memory, decoded in part: what lies to the left, right and below what is asked for is
/// not transformed into pixels, and a smaller size is had for less work (the DCT's low
/// frequencies).
///
/// Every error is Error(kInput) with `file` and libjpeg-turbo's reason: anything that it so much as
/// warns about in what was decoded (cut off, corrupted) but for bytes too many before the end,
/// which touch no pixel, and a file without an end, wherever it is cut off; more than
/// kMaxImagePixels; more than 200 scans. CMYK is turned into RGB without a profile.
class JpegReader {
 public:
  /// Reads the header. `bytes` stays where it is as long as the reader lives.
  JpegReader(const std::string& file, const std::uint8_t* bytes, std::size_t count);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  /// Of the whole image; 1 channel where it is grey, else 3.
  ImageShape shape() const;

  /// Starts decoding: all pixels of `box`, a part of the whole image, and some around it, at
  /// 1/denominator (1, 2, 4 or 8), in `channels`: 3, or 1 for a grey image. Can be called once. The
  /// rows are decoded as they are asked for, and need the reader.
  PixelRows rows(const Box& box, std::int64_t denominator, std::int64_t channels);

  /// To be called when no more rows are wanted: decodes those that are left and looks for the end
  /// of the image.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Decodes a JPEG whole: a grey one to 1 channel, a colour one to 3 (RGB). Errors as of JpegReader.
Image decode_jpeg(const std::string& file, const std::uint8_t* bytes, std::size_t count);

}  // namespace staa::data
