#include <fmt/format.h>

#include "events/fixtures.h"
#include "staa/events/aedat2.h"
#include "staa/events/aedat31.h"
#include "staa/events/atis.h"
#include "staa/events/npz.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

constexpr Sensor kDvs128{128, 128};
constexpr Sensor kNmnist{34, 34};

/// Reads a stream in chunks of several sizes, and again after a rewind, and expects the same
/// events.
void expect_events(EventStream& stream, const std::vector<Event>& expected) {
  EXPECT_EQ(read_all(stream), expected);
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    stream.rewind();
    std::vector<Event> chunk(capacity);
    std::vector<Event> all;
    while (const auto count = stream.read(chunk.data(), capacity)) {
      all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
    }
    EXPECT_EQ(all, expected) << "in chunks of " << capacity;
    EXPECT_EQ(stream.read(chunk.data(), capacity), 0U) << "after the end";
  }
}

/// Expects that every truncated file that is not valid itself is refused, with its name and the
/// offset.
template <typename Open>
void expect_cuts_refused(const std::filesystem::path& path, std::size_t first, std::size_t record,
                         Open open) {
  const auto whole = read_text_file(path);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    if (cut >= first && (cut - first) % record == 0) continue;
    write_bytes(path, whole.substr(0, cut));
    expect_error(ErrorKind::kInput, {path.string() + ": offset "}, [&] { read_all(*open()); });
  }
}

class EventFile : public ::testing::Test {
 protected:
  TempFolder folder_;
  std::filesystem::path path_ = folder_ / "recording";
};

using Atis = EventFile;
using Aedat2 = EventFile;
using Aedat31 = EventFile;
using Npz = EventFile;

TEST_F(Atis, ReadsTheFieldsOfAnEvent) {
  // x 7, y 15, polarity 1, 0x00028e microseconds; then polarity 0 and all 23 bits.
  write_bytes(path_, std::string("\x07\x0f\x80\x02\x8e", 5) + "\x21\x01\x7f\xff\xff");
  expect_events(*open_atis(path_, kNmnist), {{0x28e, 7, 15, 1}, {0x7fffff, 33, 1, 0}});
}

TEST_F(Atis, ReadsWhatItWrites) {
  const auto events = random_events(70'000, kNmnist, 1);  // more than a block of the file
  write_atis(path_, events);
  expect_events(*open_atis(path_, kNmnist), events);
}

TEST_F(Atis, KeepsTimesBeyondItsClockByMarks) {
  const std::vector<Event> events{
      {5, 1, 2, 1}, {(1 << 23) - 1, 1, 2, 0}, {1 << 23, 3, 4, 1}, {30'000'000, 5, 6, 0}};
  write_atis(path_, events);
  const auto stream = open_atis(path_, kNmnist);
  expect_events(*stream, events);
  EXPECT_GT(stream->skipped().special, 0U);
}

TEST_F(Atis, CountsEventsOutsideOfTheSensor) {
  write_atis(path_, {{1, 34, 0, 0}, {2, 0, 34, 1}, {3, 33, 33, 1}});
  const auto stream = open_atis(path_, kNmnist);
  expect_events(*stream, {{3, 33, 33, 1}});
  EXPECT_EQ(stream->skipped().outside, 2U);
  EXPECT_EQ(stream->skipped().total(), 2U);
}

TEST_F(Atis, RefusesAFileThatEndsWithinAnEvent) {
  write_atis(path_, random_events(3, kNmnist, 2));
  expect_cuts_refused(path_, 0, 5, [&] { return open_atis(path_, kNmnist); });
}

TEST_F(Atis, RefusesWhatItsAddressesCannotHold) {
  expect_error(ErrorKind::kUsage, {"256x240", "346x260"}, [&] { open_atis(path_, {346, 260}); });
  expect_error(ErrorKind::kUsage, {"event 1", "x 256"}, [&] {
    write_atis(path_, {{1, 2, 3, 0}, {2, 256, 0, 0}});
  });
  expect_error(ErrorKind::kUsage, {"y 240"}, [&] { write_atis(path_, {{1, 2, 240, 0}}); });
  expect_error(ErrorKind::kUsage, {"t 4", "5 or later"}, [&] {
    write_atis(path_, {{5, 0, 0, 0}, {4, 0, 0, 0}});
  });
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Aedat2, ReadsBothWaysOfTakingAnAddress) {
  const auto address = std::uint32_t{100} << 8 | 3 << 1 | 1;
  write_bytes(path_, "#!AER-DAT2.0\r\n# a remark\r\n" + big_endian(address, 4) + big_endian(77, 4));
  expect_events(*open_aedat2(path_, Aedat2Address::kDvs128), {{77, 3, 100, 1}});
  expect_events(*open_aedat2(path_, Aedat2Address::kCifar10Dvs), {{77, 127 - 100, 127 - 3, 0}});
}

TEST_F(Aedat2, ReadsWhatItWrites) {
  for (const auto address : {Aedat2Address::kDvs128, Aedat2Address::kCifar10Dvs}) {
    const auto events = random_events(40'000, kDvs128, 3);
    write_aedat2(path_, address, events, {"simulated", "two remarks"});
    expect_events(*open_aedat2(path_, address), events);
  }
}

TEST_F(Aedat2, FollowsTheClockWhenItGoesRound) {
  std::string bytes = "#!AER-DAT2.0\n";
  for (const std::uint32_t t : {0xfffffff0U, 0xfffffffeU, 3U, 0xffffffffU, 9U}) {
    bytes += big_endian(0, 4) + big_endian(t, 4);
  }
  write_bytes(path_, bytes);
  constexpr std::int64_t kRound = std::int64_t{1} << 32;
  expect_events(*open_aedat2(path_, Aedat2Address::kDvs128), {{0xfffffff0, 0, 0, 0},
                                                              {0xfffffffe, 0, 0, 0},
                                                              {kRound + 3, 0, 0, 0},
                                                              {0xffffffff, 0, 0, 0},
                                                              {kRound + 9, 0, 0, 0}});
}

TEST_F(Aedat2, CountsSpecialEvents) {
  write_bytes(path_, "#!AER-DAT2.0\n" + big_endian(0x8000, 4) + big_endian(1, 4) +
                         big_endian(2, 4) + big_endian(2, 4) + big_endian(0x80000002, 4) +
                         big_endian(3, 4));
  const auto stream = open_aedat2(path_, Aedat2Address::kDvs128);
  expect_events(*stream, {{2, 1, 0, 0}});
  EXPECT_EQ(stream->skipped().special, 2U);
}

TEST_F(Aedat2, RefusesOtherHeadersAndCutFiles) {
  write_bytes(path_, "#!AER-DAT3.1\r\n");
  expect_error(ErrorKind::kInput, {"offset 0", "#!AER-DAT2.0"},
               [&] { open_aedat2(path_, Aedat2Address::kDvs128); });
  write_bytes(path_, "#!AER-DAT2.0\n#" + std::string(100'000, 'x'));
  expect_error(ErrorKind::kInput, {"offset 13", "line end within 65536 bytes"},
               [&] { open_aedat2(path_, Aedat2Address::kDvs128); });
  write_aedat2(path_, Aedat2Address::kDvs128, random_events(3, kDvs128, 4));
  expect_cuts_refused(path_, 14, 8, [&] { return open_aedat2(path_, Aedat2Address::kDvs128); });
  expect_error(ErrorKind::kUsage, {"event 0", "x 128"}, [&] {
    write_aedat2(path_, Aedat2Address::kDvs128, {{0, 128, 0, 0}});
  });
  expect_error(ErrorKind::kUsage, {"t 4294967296"}, [&] {
    write_aedat2(path_, Aedat2Address::kDvs128, {{std::int64_t{1} << 32, 0, 0, 0}});
  });
}

TEST_F(Aedat31, ReadsPacketsOfAnyLength) {
  const auto events = random_events(80'000, kDvs128, 5);
  std::string bytes = aedat31_header();
  std::size_t begin = 0;
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{0}, std::size_t{2000}, events.size() - 2001}) {
    bytes += aedat31_packet({events.begin() + static_cast<std::ptrdiff_t>(begin),
                             events.begin() + static_cast<std::ptrdiff_t>(begin + count)});
    begin += count;
  }
  write_bytes(path_, bytes);
  expect_events(*open_aedat31(path_, kDvs128), events);
}

TEST_F(Aedat31, TakesTheClocksRoundsFromThePacket) {
  const std::vector<Event> events{{(std::int64_t{3} << 31) + 12, 5, 6, 1}};
  write_bytes(path_, aedat31_header() + aedat31_packet(events));
  expect_events(*open_aedat31(path_, kDvs128), events);
}

TEST_F(Aedat31, SkipsAndCountsOtherPacketsInvalidEventsAndAddressesOutside) {
  const std::vector<Event> events{{1, 1, 1, 0}, {2, 128, 1, 0}, {3, 2, 2, 1}, {4, 3, 3, 1}};
  auto packet = aedat31_packet(events);
  packet[24] = 3;                                                   // number of valid events
  packet[28 + 2 * 8] = static_cast<char>(packet[28 + 2 * 8] & ~1);  // the third event is not valid
  write_bytes(path_, aedat31_header() + aedat31_packet({{9, 9, 9, 0}, {9, 9, 9, 1}}, 2) + packet);
  const auto stream = open_aedat31(path_, kDvs128);
  expect_events(*stream, {{1, 1, 1, 0}, {4, 3, 3, 1}});
  EXPECT_EQ(stream->skipped().special, 2U);
  EXPECT_EQ(stream->skipped().invalid, 1U);
  EXPECT_EQ(stream->skipped().outside, 1U);
}

TEST_F(Aedat31, BelievesTheHeaderThatAllAreValid) {
  const std::vector<Event> events{{1, 1, 1, 0}};
  auto packet = aedat31_packet(events);
  packet[28] = static_cast<char>(packet[28] & ~1);
  write_bytes(path_, aedat31_header() + packet);
  expect_events(*open_aedat31(path_, kDvs128), events);
}

TEST_F(Aedat31, LeavesOutRoomThatAPacketDoesNotUse) {
  const std::vector<Event> events{{1, 1, 1, 0}, {2, 2, 2, 1}};
  auto packet = aedat31_packet(events);
  packet[20] = packet[24] = 1;  // one event in a packet with room for two
  write_bytes(path_, aedat31_header() + packet + aedat31_packet({{7, 3, 3, 0}}));
  expect_events(*open_aedat31(path_, kDvs128), {events[0], {7, 3, 3, 0}});
}

TEST_F(Aedat31, RefusesBrokenHeadersOfFileAndPacket) {
  const auto open = [&] { return open_aedat31(path_, kDvs128); };
  const auto header = aedat31_header();
  const auto expect_packet_refused = [&](std::size_t at, char value, const std::string& why) {
    auto packet = aedat31_packet({{1, 1, 1, 0}, {2, 2, 2, 1}});
    packet[at] = value;
    write_bytes(path_, header + packet);
    expect_error(ErrorKind::kInput, {fmt::format("offset {}: packet", header.size()), why},
                 [&] { read_all(*open()); });
  };
  expect_packet_refused(4, 9, "expected 8 bytes an event, found 9");
  expect_packet_refused(15, '\x80', "overflow of its time is negative");
  expect_packet_refused(16, 1, "found 1, 2, 2");
  expect_packet_refused(19, '\x7f', "bytes, found 16");
  expect_packet_refused(24, 3, "found 2, 2, 3");

  write_bytes(path_, "#!AER-DAT3.1\r\nno mark\r\n");
  expect_error(ErrorKind::kInput, {"offset 14", "#!END-HEADER"}, open);
  write_bytes(path_, "#!AER-DAT2.0\r\n");
  expect_error(ErrorKind::kInput, {"offset 0", "#!AER-DAT3.1"}, open);
  write_bytes(path_, header + aedat31_packet(random_events(3, kDvs128, 6)));
  expect_cuts_refused(path_, header.size(), 1 << 20, open);
}

TEST_F(Npz, ReadsStoredAndDeflatedArrays) {
  for (const bool deflated : {false, true}) {
    const auto events = random_events(50'000, kDvs128, 7);
    write_bytes(path_, zip(npz_arrays(events), deflated));
    expect_events(*open_npz(path_, kDvs128), events);
  }
}

TEST_F(Npz, ReadsEveryTypeOfWholeNumber) {
  const std::string one_eight("\x01\0\0\0\0\0\0\0", 8);
  const std::string one_float("\0\0\x80\x3f", 4);
  const std::string one_double("\0\0\0\0\0\0\xf0\x3f", 8);
  const std::vector<std::pair<std::string, std::string>> types{{"|b1", one_eight.substr(0, 1)},
                                                               {"|u1", one_eight.substr(0, 1)},
                                                               {"|i1", one_eight.substr(0, 1)},
                                                               {"<u2", one_eight.substr(0, 2)},
                                                               {"<i2", one_eight.substr(0, 2)},
                                                               {"<u4", one_eight.substr(0, 4)},
                                                               {"<i4", one_eight.substr(0, 4)},
                                                               {"<u8", one_eight},
                                                               {"<i8", one_eight},
                                                               {"<f4", one_float},
                                                               {"<f8", one_double}};
  for (const auto& [type, bytes] : types) {
    std::vector<std::pair<std::string, std::string>> arrays;
    for (const char* name : {"t.npy", "x.npy", "y.npy", "p.npy"}) {
      arrays.emplace_back(name, npy(type, 1, bytes));
    }
    write_bytes(path_, zip(arrays, true));
    expect_events(*open_npz(path_, kDvs128), {{1, 1, 1, 1}});
  }
}

TEST_F(Npz, CountsAddressesOutsideAndTakesMinusOneForDark) {
  auto arrays = npz_arrays({{1, 1, 1, 1}, {2, 200, 1, 0}, {3, 0xffff, 1, 0}});
  arrays[3].second = npy("|i1", 3, std::string("\xff\x00\x01", 3));
  write_bytes(path_, zip(arrays, false));
  const auto stream = open_npz(path_, kDvs128);  // x is signed: 0xffff is -1
  expect_events(*stream, {{1, 1, 1, 0}});
  EXPECT_EQ(stream->skipped().outside, 2U);
}

TEST_F(Npz, RefusesArraysThatDoNotFit) {
  const auto events = random_events(3, kDvs128, 8);
  const auto expect_refused = [&](std::size_t array, const std::string& contents,
                                  const std::vector<std::string>& parts) {
    auto arrays = npz_arrays(events);
    arrays[array].second = contents;
    write_bytes(path_, zip(arrays, true));
    expect_error(ErrorKind::kInput, parts, [&] { read_all(*open_npz(path_, kDvs128)); });
  };
  expect_refused(1, npy("<i2", 2, "aabb"), {"array x", "3 elements as in t, found 2"});
  expect_refused(1, npy("<i2", 3, "aabb"), {"x.npy", "expected 3 items of 2 bytes, found 4"});
  expect_refused(1, npy(">i2", 3, "aabbcc"), {"x.npy", "little-endian", ">i2"});
  expect_refused(1, npy("<f2", 3, "aabbcc"), {"x.npy", "<f2"});
  expect_refused(1, npy("<c8", 3, std::string(24, 'a')), {"x.npy", "<c8"});
  expect_refused(1, "not an array", {"x.npy", "NumPy array of format 1 to 3"});
  expect_refused(1, "", {"x.npy", "expected 8 more bytes, found 0"});
  expect_refused(3, npy("|u1", 3, std::string("\0\1\2", 3)),
                 {"p.npy", "element 2", "polarity of 0 or 1, found 2"});
  expect_refused(0, npy("<f4", 3, std::string("\0\0\0\0\0\0\x80\x3f\0\0\xc0\x3f", 12)),
                 {"t.npy", "element 2", "whole number"});
  expect_refused(0, npy("<u8", 3, std::string(16, '\0') + std::string(8, '\xff')),
                 {"t.npy", "element 2", "whole number"});
  auto matrix = npy("<i2", 3, "aabbcc");
  matrix.replace(matrix.find("(3,), }"), 7, "(3, 1)}");
  expect_refused(1, matrix, {"x.npy", "one dimension"});

  auto arrays = npz_arrays(events);
  arrays.pop_back();
  write_bytes(path_, zip(arrays, true));
  expect_error(ErrorKind::kInput, {"arrays t, x, y and p", "t.npy, x.npy, y.npy"},
               [&] { open_npz(path_, kDvs128); });
}

TEST_F(Npz, NeverReadsABrokenArchiveAsOtherEvents) {
  const auto events = random_events(20, kDvs128, 9);
  for (const bool deflated : {false, true}) {
    const auto whole = zip(npz_arrays(events), deflated);
    for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
      write_bytes(path_, whole.substr(0, cut));
      expect_error(ErrorKind::kInput, {path_.string() + ": offset "},
                   [&] { read_all(*open_npz(path_, kDvs128)); });
    }
    std::size_t refused = 0;
    for (std::size_t at = 0; at < whole.size(); at += 3) {
      auto broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ 0x55);
      write_bytes(path_, broken);
      try {
        // Some bytes do not matter here, such as the time of day of a member.
        EXPECT_EQ(read_all(*open_npz(path_, kDvs128)), events) << "byte " << at;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
        ++refused;
      }
    }
    EXPECT_GT(refused, whole.size() / 6);
  }
}

TEST(Recording, TellsAFormatByNameAndFirstLine) {
  TempFolder folder;
  write_atis(folder / "a.bin", random_events(5, kNmnist, 1));
  EXPECT_EQ(format_of(folder / "a.bin"), Format::kAtis);
  write_bytes(folder / "a.npz", zip(npz_arrays({}), false));
  EXPECT_EQ(format_of(folder / "a.npz"), Format::kNpz);
  write_bytes(folder / "2.aedat", "#!AER-DAT2.0\r\n");
  write_bytes(folder / "3.aedat", "#!AER-DAT3.1\r\n");
  write_bytes(folder / "4.aedat4", "#!AER-DAT4.0\r\n");
  write_bytes(folder / "5.aedat", "#!AER-DAT1.0\r\n");
  EXPECT_EQ(format_of(folder / "2.aedat"), Format::kAedat2);
  EXPECT_EQ(format_of(folder / "3.aedat"), Format::kAedat31);
  EXPECT_EQ(format_of(folder / "4.aedat4"), Format::kAedat4);
  expect_error(ErrorKind::kInput, {"5.aedat", "#!AER-DAT2.0", "#!AER-DAT1.0"},
               [&] { format_of(folder / "5.aedat"); });
  expect_error(ErrorKind::kIo, {"none.txt"}, [&] { format_of(folder / "none.txt"); });
}

TEST(Recording, OpensEveryFormatAndCutsOutASpan) {
  TempFolder folder;
  const auto events = random_events(2000, kNmnist, 10);
  write_atis(folder / "atis", events);
  write_aedat2(folder / "aedat2", Aedat2Address::kDvs128, events);
  write_aedat2(folder / "aedat2-cifar10-dvs", Aedat2Address::kCifar10Dvs, events);
  write_bytes(folder / "aedat3.1", aedat31_header() + aedat31_packet(events));
  write_bytes(folder / "npz", zip(npz_arrays(events), true));
  const auto begin = events[500].t;
  const auto end = events[1500].t;
  std::vector<Event> span;
  for (const auto& e : events) {
    if (e.t >= begin && e.t < end) span.push_back(e);
  }
  for (const auto format :
       {Format::kAtis, Format::kAedat2, Format::kAedat2Cifar10, Format::kAedat31, Format::kNpz}) {
    Recording recording;
    recording.path = folder / to_string(format);
    recording.format = format;
    recording.sensor = kNmnist;
    EXPECT_EQ(read_all(*open_recording(recording)), events) << to_string(format);
    recording.begin = begin;
    recording.end = end;
    expect_events(*open_recording(recording), span);
  }
}

}  // namespace
}  // namespace staa::events
