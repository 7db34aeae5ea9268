#include "staa/events/live.h"

#include <algorithm>

#include "events/camera_files.h"
#include "staa/events/atis.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

using test::expect_error;
using test::TempFolder;

constexpr Sensor kCamera{128, 128};

/// Passes a stream in pieces of several sizes and expects the same events each time.
void expect_events(LiveFormat format, const std::string& bytes, const std::vector<Event>& expected,
                   const std::string& name) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, bytes.size()}) {
    const auto decoder = make_live_decoder(format, "stream", kCamera);
    std::vector<Event> found;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      decoder->add(reinterpret_cast<const std::uint8_t*>(bytes.data()) + at,
                   std::min(piece, bytes.size() - at), found);
    }
    EXPECT_EQ(found, expected) << "in pieces of " << piece;
    EXPECT_EQ(decoder->format(), name);
    EXPECT_EQ(decoder->waiting(), 0U);
  }
}

std::string network_header() {
  return std::string("\x58\x66\x9a\x0b\xc9\x8b\x37\x1d", 8) + std::string(8, '\0') + '\1' +
         std::string(3, '\0');
}

TEST(Live, FindsTheFormatByItsFirstBytes) {
  const auto events = random_events(3000, kCamera, 31);
  TempFolder folder;
  write_atis(folder / "a.bin", events);
  expect_events(LiveFormat::kAuto, read_text_file(folder / "a.bin"), events, "atis");
  const auto packets = aedat31_packet({events.begin(), events.begin() + 1000}) +
                       aedat31_packet({{9, 9, 9, 0}}, 2) +
                       aedat31_packet({events.begin() + 1000, events.end()});
  expect_events(LiveFormat::kAuto, aedat31_header() + packets, events, "aedat3.1");
  expect_events(LiveFormat::kAuto, network_header() + packets, events, "aedat3.1");
  expect_events(LiveFormat::kAedat31, packets, events, "aedat3.1");
  const auto words = evt3(8, 1) + evt3(6, 7) + evt3(0, 100) + evt3(3, 5) + evt3(4, 0x801);
  const std::vector<Event> pair{{4096 + 7, 5, 100, 0}, {4096 + 7, 16, 100, 0}};
  expect_events(LiveFormat::kAuto, "% evt 3.0\n% end\n" + words, pair, "evt3");
  expect_events(LiveFormat::kEvt3, words, pair, "evt3");
}

TEST(Live, TellsTheCamerasTimeWithoutEvents) {
  const auto decoder = make_live_decoder(LiveFormat::kEvt3, "stream", kCamera);
  EXPECT_EQ(decoder->clock(), -1);
  std::vector<Event> none;
  const auto words = evt3(8, 3) + evt3(6, 9);
  decoder->add(reinterpret_cast<const std::uint8_t*>(words.data()), words.size(), none);
  EXPECT_EQ(decoder->clock(), 3 * 4096 + 9);
  EXPECT_TRUE(none.empty());
}

TEST(Live, TellsWhatIsBrokenAndWhatIsMissing) {
  const auto events = random_events(10, kCamera, 32);
  auto packet = aedat31_packet(events);
  packet[20] = 11;  // more events than the packet has room for
  const auto header = aedat31_header();
  const auto broken = header + aedat31_packet(events) + packet;
  auto decoder = make_live_decoder(LiveFormat::kAuto, "stream", kCamera);
  std::vector<Event> found;
  expect_error(
      ErrorKind::kInput,
      {"stream: offset " + std::to_string(header.size() + aedat31_packet(events).size())}, [&] {
        decoder->add(reinterpret_cast<const std::uint8_t*>(broken.data()), broken.size(), found);
      });
  EXPECT_EQ(found, events);
  decoder = make_live_decoder(LiveFormat::kAuto, "stream", kCamera);
  const auto cut = header + aedat31_packet(events).substr(0, 28 + 8 * 4 + 3);
  decoder->add(reinterpret_cast<const std::uint8_t*>(cut.data()), cut.size(), found);
  EXPECT_EQ(decoder->waiting(), 6U * 8);
}

}  // namespace
}  // namespace staa::events
