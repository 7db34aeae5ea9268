#include "staa/pictures/event_picture.h"

#include <algorithm>

#include "staa/data/codecs/png.h"
#include "staa/events/recording.h"
#include "staa/pictures/gif.h"
#include "staa/util/file.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::pictures {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

/// A plain GIF decoder, written from the specification. Returns the pixels of each picture.
std::vector<std::vector<std::uint8_t>> read_gif(const std::string& bytes, std::size_t pixels) {
  std::vector<std::vector<std::uint8_t>> pictures;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes.at(at)); };
  std::size_t at = 13 + 48;  // header and 16 colours
  while (byte(at) != ';') {
    if (byte(at) == 0x21) {
      for (at += 2; byte(at) != 0; at += byte(at) + 1U) {
      }
      ++at;
      continue;
    }
    EXPECT_EQ(byte(at), 0x2c);
    at += 10;
    const unsigned colour_bits = byte(at++);
    std::string data;
    for (; byte(at) != 0; at += byte(at) + 1U) data += bytes.substr(at + 1, byte(at));
    ++at;
    const unsigned clear = 1U << colour_bits;
    std::vector<std::string> table;
    const auto restart = [&] {
      table.assign(clear + 2, "");
      for (unsigned i = 0; i < clear; ++i) table[i] = std::string(1, static_cast<char>(i));
    };
    restart();
    unsigned width = colour_bits + 1;
    std::size_t bit = 0;
    std::string last;
    std::string out;
    for (;;) {
      unsigned code = 0;
      for (unsigned i = 0; i < width; ++i, ++bit) {
        code |= (static_cast<unsigned char>(data.at(bit / 8)) >> bit % 8 & 1U) << i;
      }
      if (code == clear + 1) break;
      if (code == clear) {
        restart();
        width = colour_bits + 1;
        last.clear();
        continue;
      }
      if (code > table.size() || (code == table.size() && last.empty())) return {};
      const auto run = code < table.size() ? table[code] : last + last[0];
      if (!last.empty() && table.size() < 4096) table.push_back(last + run[0]);
      if (table.size() == 1U << width && width < 12) ++width;
      out += run;
      last = run;
    }
    EXPECT_EQ(out.size(), pixels);
    pictures.emplace_back(out.begin(), out.end());
  }
  EXPECT_EQ(at + 1, bytes.size());
  return pictures;
}

TEST(Gif, EveryPixelComesBack) {
  TempFolder folder;
  Random random{5};
  constexpr std::int64_t kWidth = 150;
  constexpr std::int64_t kHeight = 97;
  std::vector<std::vector<std::uint8_t>> pictures;
  for (const int colours : {1, 2, 16}) {
    pictures.emplace_back(static_cast<std::size_t>(kWidth * kHeight));
    for (auto& pixel : pictures.back()) pixel = static_cast<std::uint8_t>(random.below(colours));
  }
  GifWriter gif(folder / "a.gif", kWidth, kHeight, {});
  for (const auto& picture : pictures) gif.add(picture, 3);
  gif.finish();
  EXPECT_EQ(read_gif(read_text_file(folder / "a.gif"), pictures[0].size()), pictures);
  expect_error(ErrorKind::kUsage, {"0x4"}, [&] { GifWriter(folder / "b.gif", 0, 4, {}); });
}

TEST(EventPicture, DrawsOneAndOneForEachFrame) {
  TempFolder folder;
  write_bytes(folder / "a.txt", "8 4\n0 1 1 1\n10 2 1 0\n25000 3 3 1\n25001 3 3 1\n");
  const auto stream = events::open_recording({folder / "a.txt", events::Format::kText, {}});
  write_event_picture(*stream, folder / "a.png");
  const auto bytes = read_file(folder / "a.png");
  const auto image = data::decode_png("a.png", bytes.data(), bytes.size());
  EXPECT_EQ(image.shape.width, 8);
  const auto* red = image.pixels.data() + 3 * (1 * 8 + 1);
  EXPECT_GT(red[0], 0);
  EXPECT_EQ(red[2], 0);
  EXPECT_GT(image.pixels[3 * (1 * 8 + 2) + 2], 0);
  EXPECT_EQ(write_event_animation(*stream, folder / "a.gif", 10'000), 3);
  const auto pictures = read_gif(read_text_file(folder / "a.gif"), 32);
  ASSERT_EQ(pictures.size(), 3U);
  EXPECT_EQ(pictures[0][8 + 1], 4);
  EXPECT_EQ(pictures[0][8 + 2], 1);
  EXPECT_EQ(std::count(pictures[1].begin(), pictures[1].end(), 0), 32);
  EXPECT_EQ(pictures[2][3 * 8 + 3], 8);
  expect_error(ErrorKind::kUsage, {"pictures of 1 us", "2000"},
               [&] { write_event_animation(*stream, folder / "b.gif", 1); });
  EXPECT_FALSE(std::filesystem::exists(folder / "b.gif"));
}

}  // namespace
}  // namespace staa::pictures
