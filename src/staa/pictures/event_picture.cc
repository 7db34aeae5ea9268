#include "staa/pictures/event_picture.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "staa/data/codecs/png.h"
#include "staa/data/image.h"
#include "staa/events/summary.h"
#include "staa/pictures/frame_image.h"
#include "staa/pictures/gif.h"
#include "staa/util/error.h"

namespace staa::pictures {
namespace {

constexpr std::int64_t kMostPictures = 2000;

std::size_t pixels_of(const events::EventStream& stream) {
  const auto sensor = stream.sensor();
  if (sensor.width > data::kMaxImagePixels / sensor.height) {
    fail(ErrorKind::kUsage, "{}: a picture of {}x{} pixels is too large: say what the sensor is",
         stream.name(), sensor.width, sensor.height);
  }
  return static_cast<std::size_t>(sensor.width * sensor.height);
}

/// Colour 4 * on + off shows counts of events of each polarity, from 0 to 3 (or more).
GifWriter::Palette event_palette() {
  constexpr int kStrength[4] = {0, 150, 200, 255};
  constexpr int kOn[3] = {255, 80, 60};
  constexpr int kOff[3] = {70, 130, 255};
  GifWriter::Palette palette{};
  for (std::size_t i = 0; i < palette.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const int sum = (kOn[c] * kStrength[i / 4] + kOff[c] * kStrength[i % 4]) / 255;
      palette[i][c] = static_cast<std::uint8_t>(std::min(255, sum));
    }
  }
  return palette;
}

}  // namespace

void write_event_picture(events::EventStream& stream, const std::filesystem::path& path) {
  const auto sensor = stream.sensor();
  std::vector<float> counts(2 * pixels_of(stream));
  std::vector<events::Event> chunk(events::kChunkEvents);
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto& e = chunk[i];
      counts[2 * static_cast<std::size_t>(e.y * sensor.width + e.x) + e.polarity] += 1;
    }
  }
  stream.rewind();
  auto sorted = counts;
  sorted.erase(std::remove(sorted.begin(), sorted.end(), 0.0F), sorted.end());
  float brightest = 1;
  if (!sorted.empty()) {
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 95 / 100);
    std::nth_element(sorted.begin(), at, sorted.end());
    brightest = *at;
  }
  const auto image = frame_image(counts.data(), {1, 2, sensor.height, sensor.width}, {}, brightest);
  data::write_png(path, image.shape, image.pixels.data());
}

std::int64_t write_event_animation(events::EventStream& stream, const std::filesystem::path& path,
                                   std::int64_t frame_us) {
  const auto sensor = stream.sensor();
  std::vector<std::uint8_t> counts(2 * pixels_of(stream));
  std::vector<std::uint8_t> pixels(counts.size() / 2);
  const auto summary = events::summarise(stream);
  if (frame_us < 1 || summary.duration() / static_cast<std::uint64_t>(frame_us) >=
                          static_cast<std::uint64_t>(kMostPictures)) {
    fail(ErrorKind::kUsage,
         "{}: pictures of {} us each for {} us: expected up to {}; ask for a part of the "
         "recording, or for longer ones",
         stream.name(), frame_us, summary.duration(), kMostPictures);
  }
  GifWriter gif(path, sensor.width, sensor.height, event_palette());
  std::int64_t pictures = 0;
  const auto finish_picture = [&] {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = static_cast<std::uint8_t>(4 * counts[2 * i + 1] + counts[2 * i]);
    }
    constexpr std::int64_t kHundredth = 10'000;
    gif.add(pixels, std::max<std::int64_t>(1, (frame_us + kHundredth / 2) / kHundredth));
    std::fill(counts.begin(), counts.end(), std::uint8_t{0});
    ++pictures;
  };
  std::vector<events::Event> chunk(events::kChunkEvents);
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto& e = chunk[i];
      const auto since =
          static_cast<std::uint64_t>(e.t) - static_cast<std::uint64_t>(summary.extent.first);
      while (since / static_cast<std::uint64_t>(frame_us) > static_cast<std::uint64_t>(pictures)) {
        finish_picture();
      }
      auto& pixel = counts[2 * static_cast<std::size_t>(e.y * sensor.width + e.x) + e.polarity];
      pixel = std::min<std::uint8_t>(3, static_cast<std::uint8_t>(pixel + 1));
    }
  }
  finish_picture();
  gif.finish();
  stream.rewind();
  return pictures;
}

}  // namespace staa::pictures
