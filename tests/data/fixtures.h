#pragma once

#include <turbojpeg.h>
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/image_set.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::data {

inline Image random_image(const ImageShape& shape, std::uint64_t seed) {
  Random random{seed};
  Image image{shape, {}};
  for (std::int64_t i = 0; i < shape.bytes(); ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  return image;
}

/// A set of `count` random images whose label is index % classes.
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

inline std::string encode_jpeg(const Image& image, int quality = 95) {
  const std::unique_ptr<void, int (*)(void*)> handle(::tjInitCompress(), ::tjDestroy);
  const bool grey = image.shape.channels == 1;
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  if (::tjCompress2(handle.get(), image.pixels.data(), static_cast<int>(image.shape.width), 0,
                    static_cast<int>(image.shape.height), grey ? TJPF_GRAY : TJPF_RGB, &bytes,
                    &count, grey ? TJSAMP_GRAY : TJSAMP_444, quality, 0) != 0) {
    throw std::runtime_error(::tjGetErrorStr2(handle.get()));
  }
  std::string encoded(reinterpret_cast<const char*>(bytes), count);
  ::tjFree(bytes);
  return encoded;
}

inline std::string gzip(const std::string& data) {
  z_stream stream{};
  ::deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(::deflateBound(&stream, data.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

}  // namespace staa::data
