#pragma once

#include <cstdint>
#include <cstdio>
// jpeglib.h does not include the headers that it needs.
#include <jpeglib.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/sets/image_set.h"
#include "staa/util/random.h"
#include "support/deflate.h"
#include "support/support.h"

namespace staa::data {

using test::gzip;

inline Image random_image(const ImageShape& shape, std::uint64_t seed) {
  Random random{seed};
  Image image{shape, {}};
  for (std::int64_t i = 0; i < shape.bytes(); ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return image;
}

/// A set of `count` random images, where the label is index % classes.
inline std::shared_ptr<const ImageSet> random_set(std::int64_t count, const ImageShape& shape,
                                                  std::int64_t classes, std::uint64_t seed = 1) {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto image = random_image(shape, seed + static_cast<std::uint64_t>(i));
    pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
    labels.push_back(i % classes);
  }
  for (std::int64_t i = 0; i < classes; ++i) names.push_back("class" + std::to_string(i));
  return std::make_shared<ImageSet>("random", shape, names, std::move(pixels), std::move(labels));
}

inline std::vector<std::uint8_t> sample(const Dataset& set, std::int64_t index) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
  set.read(index, pixels.data());
  return pixels;
}

inline void expect_same(const Dataset& a, const Dataset& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(a.shape() == b.shape());
  EXPECT_EQ(a.classes(), b.classes());
  for (std::int64_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a.label(i), b.label(i)) << "image " << i;
    ASSERT_EQ(sample(a, i), sample(b, i)) << "image " << i;
  }
}

struct JpegLayout {
  int quality = 95;
  bool progressive = false;
  int subsampling = 1;  ///< of colour, in both directions
};

/// Encodes 1 channel as grey, 3 as RGB and 4 as CMYK, which is stored inverted as by Adobe's
/// programs.
inline std::string encode_jpeg(const Image& image, const JpegLayout& layout = {}) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = ::jpeg_std_error(&errors);  // prints and exits, but a test's image is valid
  ::jpeg_create_compress(&encoder);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  ::jpeg_mem_dest(&encoder, &bytes, &count);
  encoder.image_width = static_cast<JDIMENSION>(image.shape.width);
  encoder.image_height = static_cast<JDIMENSION>(image.shape.height);
  encoder.input_components = static_cast<int>(image.shape.channels);
  encoder.in_color_space = image.shape.channels == 1   ? JCS_GRAYSCALE
                           : image.shape.channels == 3 ? JCS_RGB
                                                       : JCS_CMYK;
  ::jpeg_set_defaults(&encoder);
  ::jpeg_set_quality(&encoder, layout.quality, TRUE);
  encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = layout.subsampling;
  if (layout.progressive) ::jpeg_simple_progression(&encoder);
  ::jpeg_start_compress(&encoder, TRUE);
  const auto stride = image.shape.channels * image.shape.width;
  while (encoder.next_scanline < encoder.image_height) {
    auto* row = const_cast<JSAMPROW>(image.pixels.data() + encoder.next_scanline * stride);
    ::jpeg_write_scanlines(&encoder, &row, 1);
  }
  ::jpeg_finish_compress(&encoder);
  ::jpeg_destroy_compress(&encoder);
  std::string encoded(reinterpret_cast<const char*>(bytes), count);
  std::free(bytes);
  return encoded;
}

}  // namespace staa::data
