#include <png.h>

#include <cmath>
#include <string>

#include "data/fixtures.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;

Image jpeg(const std::string& bytes) {
  return decode_jpeg("a.jpg", reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Image png(const std::string& bytes) {
  return decode_png("a.png", reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// A ramp, which JPEG hardly changes.
Image ramp(const ImageShape& shape) {
  Image image{shape, {}};
  for (std::int64_t i = 0; i < shape.bytes(); ++i) {
    const std::int64_t pixel = i / shape.channels;
    image.pixels.push_back(static_cast<std::uint8_t>(
        4 * (pixel % shape.width) + pixel / shape.width + 20 * (i % shape.channels)));
  }
  return image;
}

TEST(Jpeg, DecodesGreyAndColour) {
  for (const auto& shape : {ImageShape{1, 20, 24}, ImageShape{3, 24, 17}}) {
    const auto image = ramp(shape);
    const auto decoded = jpeg(encode_jpeg(image, {100}));
    ASSERT_TRUE(decoded.shape == shape);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      ASSERT_NEAR(decoded.pixels[i], image.pixels[i], 4) << i;
    }
  }
}

TEST(Jpeg, RefusesAFileCutOffAnywhere) {
  const auto bytes = encode_jpeg(random_image({3, 16, 16}, 1));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    expect_error(ErrorKind::kInput, {"a.jpg: cannot decode as JPEG: "},
                 [&] { jpeg(bytes.substr(0, cut)); });
  }
}

TEST(Jpeg, RefusesCorruptedData) {
  auto bytes = encode_jpeg(random_image({3, 32, 32}, 1));
  bytes[bytes.size() / 2] = '\xff';
  bytes[bytes.size() / 2 + 1] = '\xd0';  // a restart marker where none is allowed
  expect_error(ErrorKind::kInput, {"a.jpg: cannot decode as JPEG: Corrupt JPEG data"},
               [&] { jpeg(bytes); });
}

TEST(Jpeg, TurnsCmykIntoRgb) {
  // Inks are inverted: 255 means no ink. White, black, red, and red half covered by black.
  const Image inks{{4, 1, 4},
                   {255, 255, 255, 255, 255, 255, 255, 0,  //
                    255, 0, 0, 255, 255, 0, 0, 128}};
  const auto decoded = jpeg(encode_jpeg(inks, {100}));
  ASSERT_TRUE((decoded.shape == ImageShape{3, 1, 4}));
  const std::vector<int> expected{255, 255, 255, 0, 0, 0, 255, 0, 0, 128, 0, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(decoded.pixels[i], expected[i], 6) << i;
  }
}

TEST(Jpeg, APartIsWhatTheWholeHasThere) {
  Random random{11};
  for (int repeat = 0; repeat < 60; ++repeat) {
    SCOPED_TRACE("seed 11, repeat " + std::to_string(repeat));
    const ImageShape shape{repeat % 5 == 0 ? 1 : 3, 1 + random.below(120), 1 + random.below(120)};
    const auto bytes =
        encode_jpeg(ramp(shape), {90, random.chance(0.3), random.chance(0.5) ? 2 : 1});
    const std::int64_t denominator = std::int64_t{1} << random.below(4);
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    JpegReader reader("a.jpg", data, bytes.size());
    const auto whole = read_rows(reader.rows({0, 0, shape.width, shape.height}, denominator, 3));
    EXPECT_EQ(whole.shape.width, (shape.width + denominator - 1) / denominator);
    EXPECT_EQ(whole.shape.height, (shape.height + denominator - 1) / denominator);

    Box box;
    box.left = random.below(shape.width);
    box.top = random.below(shape.height);
    box.width = 1 + random.below(shape.width - box.left);
    box.height = 1 + random.below(shape.height - box.top);
    JpegReader part_reader("a.jpg", data, bytes.size());
    const auto part = part_reader.rows(box, denominator, 3);
    const auto pixels = read_rows(part).pixels;
    part_reader.finish();
    EXPECT_EQ(part.denominator, denominator);
    const auto right = (box.left + box.width + denominator - 1) / denominator;
    const auto bottom = (box.top + box.height + denominator - 1) / denominator;
    ASSERT_LE(part.left, box.left / denominator);
    ASSERT_GE(part.left + part.shape.width, right);
    ASSERT_GE(part.top + part.shape.height, bottom);
    for (auto y = box.top / denominator; y < bottom; ++y) {
      for (auto x = 3 * (box.left / denominator); x < 3 * right; ++x) {
        const auto at = (y - part.top) * 3 * part.shape.width + x - 3 * part.left;
        ASSERT_EQ(pixels[static_cast<std::size_t>(at)],
                  whole.pixels[static_cast<std::size_t>(y * 3 * whole.shape.width + x)])
            << x / 3 << ", " << y;
      }
    }
  }
}

TEST(Jpeg, SeesThatAFileIsCutOffBelowThePartItReads) {
  for (const bool progressive : {false, true}) {
    const auto bytes = encode_jpeg(random_image({3, 64, 64}, 1), {95, progressive});
    const auto read_top = [&](std::size_t count) {
      JpegReader reader("a.jpg", reinterpret_cast<const std::uint8_t*>(bytes.data()), count);
      read_rows(reader.rows({0, 0, 64, 8}, 1, 3));
      reader.finish();
    };
    read_top(bytes.size());
    for (std::size_t less = 1; less < bytes.size(); less += 97) {
      expect_error(ErrorKind::kInput, {"a.jpg: cannot decode as JPEG: "},
                   [&] { read_top(bytes.size() - less); });
    }
  }
}

TEST(Jpeg, PassesOverBytesTooManyBeforeTheEnd) {
  auto bytes = encode_jpeg(random_image({3, 16, 16}, 1));
  const auto clean = jpeg(bytes);
  bytes.insert(bytes.size() - 2, std::string(20, '\0'));
  EXPECT_EQ(jpeg(bytes).pixels, clean.pixels);
  bytes += "more behind the end";
  EXPECT_EQ(jpeg(bytes).pixels, clean.pixels);
}

/// libjpeg only warns about these files of cameras and editors; all of their pixels are correct.
TEST(Jpeg, ReadsFilesThatLibjpegMerelyWarnsOf) {
  const auto clean = encode_jpeg(random_image({3, 32, 32}, 3));
  const auto expected = jpeg(clean).pixels;
  const auto sos = clean.find("\xff\xda");
  const auto dqt = clean.find("\xff\xdb");
  const auto jfif = clean.find(std::string("JFIF\0", 5));
  ASSERT_NE(sos, std::string::npos);
  ASSERT_NE(dqt, std::string::npos);
  ASSERT_NE(jfif, std::string::npos);

  auto phone = clean;  // Ss, Se and AhAl of a baseline scan are 0, 63 and 0
  const auto header = static_cast<std::size_t>(static_cast<unsigned char>(clean[sos + 3]));
  phone.replace(sos + 2 + header - 3, 3, 3, '\0');
  EXPECT_EQ(jpeg(phone).pixels, expected);

  auto revision = clean;
  revision[jfif + 5] = 3;
  EXPECT_EQ(jpeg(revision).pixels, expected);

  auto adobe = clean;  // replaces the JFIF segment: colour transform number 7
  adobe.replace(2, 18,
                std::string("\xff\xee\0\x0e"
                            "Adobe\0\x64\0\0\0\0\x07",
                            16));
  EXPECT_EQ(jpeg(adobe).pixels, expected);

  for (const auto at : {dqt, sos, clean.size() - 2}) {
    auto between = clean;
    between.insert(at, 5, '\0');
    EXPECT_EQ(jpeg(between).pixels, expected) << at;
  }
}

TEST(Jpeg, RefusesCountlessScans) {
  auto bytes = encode_jpeg(random_image({3, 16, 16}, 1), {95, true});
  // Repeat the last scan many times: that is an invalid refinement or exceeds the limit of scans.
  const auto last = bytes.rfind("\xff\xda");
  const auto scan = bytes.substr(last, bytes.size() - 2 - last);
  for (int i = 0; i < 300; ++i) bytes.insert(last, scan);
  expect_error(ErrorKind::kInput, {"a.jpg: cannot decode as JPEG: "}, [&] { jpeg(bytes); });
}

TEST(Jpeg, RefusesHugeExtents) {
  auto bytes = encode_jpeg(random_image({3, 16, 16}, 1));
  const auto frame = bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\xff\xdc\xff\xdc");  // 65500 x 65500
  expect_error(ErrorKind::kInput, {"a.jpg: image of 65500x65500 pixels"}, [&] { jpeg(bytes); });
}

/// The parts of a test PNG; `rows` are packed as libpng expects them.
struct PngLayout {
  int width;
  int height;
  int depth;
  int colour_type;
  bool interlaced = false;
};

void append(png_structp file, png_bytep bytes, std::size_t count) {
  static_cast<std::string*>(::png_get_io_ptr(file))
      ->append(reinterpret_cast<const char*>(bytes), count);
}

std::string encode_png(const PngLayout& layout, std::vector<std::uint8_t> rows,
                       const std::vector<png_color>& palette = {}) {
  std::string bytes;
  png_structp file = ::png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = ::png_create_info_struct(file);
  ::png_set_write_fn(file, &bytes, append, nullptr);
  ::png_set_IHDR(file, info, static_cast<png_uint_32>(layout.width),
                 static_cast<png_uint_32>(layout.height), layout.depth, layout.colour_type,
                 layout.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) {
    ::png_set_PLTE(file, info, palette.data(), static_cast<int>(palette.size()));
  }
  ::png_write_info(file, info);
  std::vector<png_bytep> pointers;
  const auto stride = rows.size() / static_cast<std::size_t>(layout.height);
  for (int y = 0; y < layout.height; ++y) {
    pointers.push_back(rows.data() + static_cast<std::size_t>(y) * stride);
  }
  ::png_write_image(file, pointers.data());
  ::png_write_end(file, info);
  ::png_destroy_write_struct(&file, &info);
  return bytes;
}

using Bytes = std::vector<std::uint8_t>;

TEST(Png, DecodesEveryKindToGreyOrRgb) {
  const auto grey = png(encode_png({2, 1, 8, PNG_COLOR_TYPE_GRAY}, {7, 200}));
  EXPECT_TRUE((grey.shape == ImageShape{1, 1, 2}));
  EXPECT_EQ(grey.pixels, (Bytes{7, 200}));
  const auto bits = png(encode_png({4, 1, 1, PNG_COLOR_TYPE_GRAY}, {0xA0}));
  EXPECT_EQ(bits.pixels, (Bytes{255, 0, 255, 0}));
  const auto grey_alpha = png(encode_png({2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA}, {7, 0, 9, 255}));
  EXPECT_EQ(grey_alpha.pixels, (Bytes{7, 9}));
  const auto rgb = png(encode_png({1, 2, 8, PNG_COLOR_TYPE_RGB}, {1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE((rgb.shape == ImageShape{3, 2, 1}));
  EXPECT_EQ(rgb.pixels, (Bytes{1, 2, 3, 4, 5, 6}));
  const auto rgba = png(encode_png({1, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA}, {1, 2, 3, 0}));
  EXPECT_EQ(rgba.pixels, (Bytes{1, 2, 3}));
  const auto deep = png(encode_png({2, 1, 16, PNG_COLOR_TYPE_GRAY}, {0x80, 0x80, 0xff, 0xff}));
  EXPECT_EQ(deep.pixels, (Bytes{0x80, 0xff}));
  const auto indexed =
      png(encode_png({2, 1, 8, PNG_COLOR_TYPE_PALETTE}, {1, 0}, {{10, 20, 30}, {40, 50, 60}}));
  EXPECT_TRUE((indexed.shape == ImageShape{3, 1, 2}));
  EXPECT_EQ(indexed.pixels, (Bytes{40, 50, 60, 10, 20, 30}));
}

TEST(Png, DecodesInterlacedImages) {
  const auto image = random_image({3, 13, 11}, 4);
  EXPECT_EQ(png(encode_png({11, 13, 8, PNG_COLOR_TYPE_RGB, true}, image.pixels)).pixels,
            image.pixels);
}

TEST(Png, RoundTripsWhatItWrites) {
  TempFolder folder;
  for (const auto& shape : {ImageShape{1, 9, 5}, ImageShape{3, 5, 9}}) {
    const auto image = random_image(shape, 3);
    write_png(folder / "a.png", shape, image.pixels.data());
    const auto decoded = png(read_text_file(folder / "a.png"));
    EXPECT_TRUE(decoded.shape == shape);
    EXPECT_EQ(decoded.pixels, image.pixels);
  }
  expect_error(ErrorKind::kUsage, {"a.png", "expected 1 or 3 channels"}, [&] {
    write_png(folder / "a.png", {2, 1, 1}, nullptr);
  });
}

TEST(Png, RefusesAFileCutOffAnywhere) {
  const auto bytes = encode_png({8, 8, 8, PNG_COLOR_TYPE_RGB}, random_image({3, 8, 8}, 1).pixels);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    expect_error(ErrorKind::kInput, {"a.png: cannot decode as PNG: "},
                 [&] { png(bytes.substr(0, cut)); });
  }
}

TEST(Png, RefusesAnyCorruptedByte) {
  const auto bytes = encode_png({8, 8, 8, PNG_COLOR_TYPE_RGB}, random_image({3, 8, 8}, 1).pixels);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x21);
    expect_error(ErrorKind::kInput, {"a.png: "}, [&] { png(broken); });
  }
}

TEST(Png, RefusesHugeExtents) {
  auto bytes = encode_png({1, 1, 8, PNG_COLOR_TYPE_GRAY}, {1});
  const std::string header("IHDR\x00\x0f\x42\x40\x00\x0f\x42\x40\x08\x00\x00\x00\x00", 17);
  bytes.replace(12, 17, header);
  auto checksum = ::crc32(0, reinterpret_cast<const Bytef*>(header.data()), 17);
  for (std::size_t i = 33; i-- > 29; checksum >>= 8) bytes[i] = static_cast<char>(checksum & 255);
  expect_error(ErrorKind::kInput, {"a.png: image of 1000000x1000000 pixels"}, [&] { png(bytes); });
}

}  // namespace
}  // namespace staa::data
