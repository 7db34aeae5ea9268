// Files of current cameras and data sets. Comparisons with other programs' readers are in
// real_cameras_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "events/camera_files.h"
#include "staa/events/atis.h"
#include "staa/events/filters.h"
#include "staa/events/writer.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

class CameraFile : public ::testing::Test {
 protected:
  std::unique_ptr<EventStream> open(Sensor sensor = {}) const {
    Recording recording;
    recording.path = path_;
    recording.format = format_of(path_);
    recording.sensor = sensor;
    return open_recording(recording);
  }

  /// Expects the same events with chunks of any size and in a second reading.
  void expect_events(const std::vector<Event>& expected, Sensor sensor = {}) const {
    const auto stream = open(sensor);
    EXPECT_EQ(read_all(*stream), expected);
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      stream->rewind();
      std::vector<Event> chunk(capacity);
      std::vector<Event> all;
      while (const auto count = stream->read(chunk.data(), capacity)) {
        all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
      }
      EXPECT_EQ(all, expected) << "in chunks of " << capacity;
    }
  }

  /// Expects that a file truncated anywhere after `first`, except at a multiple of `record`, is
  /// refused with its name and the offset, and never read as something else.
  void expect_cuts_refused(std::size_t first, std::size_t record) const {
    const auto whole = read_text_file(path_);
    for (std::size_t cut = first; cut < whole.size(); ++cut) {
      if ((cut - first) % record == 0) continue;
      write_bytes(path_, whole.substr(0, cut));
      expect_error(ErrorKind::kInput, {path_.string() + ": offset "}, [&] { read_all(*open()); });
    }
  }

  TempFolder folder_;
  std::filesystem::path path_ = folder_ / "recording";
};

using Evt3 = CameraFile;
using Evt21 = CameraFile;
using Evt2 = CameraFile;
using Dat = CameraFile;
using Aedat4 = CameraFile;
using Hdf5 = CameraFile;
using Npy = CameraFile;
using Text = CameraFile;
using Davis = CameraFile;
using Writing = CameraFile;

const std::string kEvt3Header = "% evt 3.0\n% format EVT3;height=720;width=1280\n% end\n";

TEST_F(Evt3, ReadsSingleEventsAndVectors) {
  write_bytes(path_, kEvt3Header + evt3(8, 2) + evt3(6, 5) + evt3(0, 700) + evt3(2, 1 << 11 | 9) +
                         evt3(3, 1 << 11 | 100) + evt3(4, 0b1000'0000'0001) + evt3(5, 0b10) +
                         evt3(2, 3));
  constexpr std::int64_t t = 2 << 12 | 5;
  expect_events(
      {{t, 9, 700, 1}, {t, 100, 700, 1}, {t, 111, 700, 1}, {t, 113, 700, 1}, {t, 3, 700, 0}});
  EXPECT_EQ(format_of(path_), Format::kEvt3);
  EXPECT_TRUE((open()->sensor() == Sensor{1280, 720}));
}

TEST_F(Evt3, FollowsItsClockWhenItGoesRoundAndForgetsOldLowBits) {
  write_bytes(path_, kEvt3Header + evt3(8, 0xfff) + evt3(6, 0xffe) + evt3(2, 1) + evt3(8, 0) +
                         evt3(2, 2) + evt3(6, 7) + evt3(2, 3) + evt3(8, 0) + evt3(2, 4));
  constexpr std::int64_t kRound = 1 << 24;
  expect_events(
      {{kRound - 2, 1, 0, 0}, {kRound, 2, 0, 0}, {kRound + 7, 3, 0, 0}, {kRound + 7, 4, 0, 0}});
}

TEST_F(Evt3, CountsWhatIsNoEvent) {
  // An event and a vector of two events precede the first time. Then come a trigger, another
  // message with two words, a reserved word, and events outside of the sensor.
  write_bytes(path_, kEvt3Header + evt3(2, 1) + evt3(5, 3) + evt3(8, 1) + evt3(10, 1) +
                         evt3(14, 0) + evt3(15, 1) + evt3(7, 1) + evt3(9, 0) + evt3(2, 1500) +
                         evt3(3, 1275) + evt3(4, 0xfff) + evt3(0, 720) + evt3(2, 1));
  const auto stream = open();
  EXPECT_EQ(read_all(*stream).size(), 5U);
  EXPECT_EQ(stream->skipped().invalid, 4U);
  EXPECT_EQ(stream->skipped().special, 2U);
  EXPECT_EQ(stream->skipped().triggers, 1U);
  EXPECT_EQ(stream->skipped().outside, 9U);
}

TEST_F(Evt3, RefusesCutWordsAndOtherVersions) {
  write_bytes(path_, kEvt3Header + evt3(8, 1) + evt3(2, 1) + evt3(2, 2));
  expect_cuts_refused(kEvt3Header.size(), 2);
  write_bytes(path_, "% evt 4.0\n% end\n");
  expect_error(ErrorKind::kInput, {"offset 0", "EVT 4.0"}, [&] { format_of(path_); });
}

TEST_F(Evt21, ReadsBothOrdersOfAWordsHalves) {
  const auto time = evt21(8, 0, 0, 0, 0);  // sets the upper bits to 0
  const auto words = time + evt21(1, 9, 32, 5, 0x80000001) + evt21(0, 10, 0, 6, 2);
  const std::vector<Event> expected{{9, 32, 5, 1}, {9, 63, 5, 1}, {10, 1, 6, 0}};
  write_bytes(path_, "% evt 2.1\n% geometry 320x320\n% end\n" + words);
  EXPECT_EQ(format_of(path_), Format::kEvt21);
  expect_events(expected);
  std::string swapped;
  for (std::size_t at = 0; at < words.size(); at += 8) {
    swapped += words.substr(at + 4, 4) + words.substr(at, 4);
  }
  const std::string head = "% format EVT21;height=720;width=1280;endianness=legacy\n% end\n";
  write_bytes(path_, head + swapped);
  expect_events(expected);
  expect_cuts_refused(head.size(), 8);
}

TEST_F(Evt2, ReadsEventsAndCountsTriggers) {
  const std::string head = "% evt 2.0\n% plugin_name hal_plugin_gen3_fx3\n";
  write_bytes(path_, head + evt2(1, 1, 1, 1) + evt2_time(0xfffffff) + evt2(1, 63, 639, 479) +
                         evt2(10, 0, 0, 1) + evt2(0, 0, 640, 3) + evt2_time(0) + evt2(0, 1, 2, 3));
  EXPECT_TRUE((open()->sensor() == Sensor{640, 480}));
  constexpr std::int64_t kRound = std::int64_t{1} << 34;
  expect_events({{kRound - 1, 639, 479, 1}, {kRound + 1, 2, 3, 0}});
  const auto stream = open();
  (void)read_all(*stream);
  EXPECT_EQ(stream->skipped().triggers, 1U);
  EXPECT_EQ(stream->skipped().invalid, 1U);
  EXPECT_EQ(stream->skipped().outside, 1U);
  expect_cuts_refused(head.size(), 4);
}

TEST_F(Dat, ReadsBothVersions) {
  const std::string head =
      "% Data file containing CD events.\n% Version 2\n% Width 304\n% Height 240\n";
  write_bytes(path_, head + std::string("\x0c\x08", 2) + little_endian(0xffffffff, 4) +
                         little_endian(1U << 28 | 239U << 14 | 303U, 4) + little_endian(4, 4) +
                         little_endian(7U << 14 | 9U, 4));
  EXPECT_EQ(format_of(path_), Format::kDat);
  EXPECT_TRUE((open()->sensor() == Sensor{304, 240}));
  expect_events({{0xffffffff, 303, 239, 1}, {(std::int64_t{1} << 32) + 4, 9, 7, 0}});
  expect_cuts_refused(head.size() + 2, 8);
  write_bytes(
      path_, "% Version 1\n" + little_endian(5, 4) + little_endian(1U << 17 | 200U << 9 | 300U, 4));
  expect_events({{5, 300, 200, 1}});
  write_bytes(path_, "% Version 2\n\x0e\x08");
  expect_error(ErrorKind::kInput, {"offset 12", "type 14"}, [&] { open(); });
}

TEST_F(Aedat4, ReadsPacketsOfEveryCompressionAndCountsOthers) {
  const auto events = random_events(50'000, {346, 260}, 11);
  const std::vector<Event> first(events.begin(), events.begin() + 3);
  const std::vector<Event> rest(events.begin() + 3, events.end());
  for (const auto how : {Packed::kNone, Packed::kLz4, Packed::kZstd}) {
    write_bytes(path_, aedat4_header(how) + aedat4_packet(1, "a frame", how) +
                           aedat4_packet(0, event_message(first), how) +
                           aedat4_packet(3, "a trigger", how) +
                           aedat4_packet(0, event_message({}), how) +
                           aedat4_packet(0, event_message(rest), how));
    EXPECT_EQ(format_of(path_), Format::kAedat4);
    expect_events(events);
    const auto stream = open();
    (void)read_all(*stream);
    EXPECT_TRUE((stream->sensor() == Sensor{346, 260}));
    EXPECT_EQ(stream->skipped().special, 2U);
    EXPECT_EQ(stream->skipped().triggers, 1U);
  }
}

TEST_F(Aedat4, RefusesWhatIsBroken) {
  const auto events = random_events(20, {346, 260}, 12);
  for (const auto how : {Packed::kNone, Packed::kLz4, Packed::kZstd}) {
    const auto head = aedat4_header(how);
    write_bytes(path_, head + aedat4_packet(0, event_message(events), how));
    expect_cuts_refused(head.size(), std::size_t{1} << 30);
    auto packet = aedat4_packet(0, event_message(events), how);
    packet.resize(packet.size() - 5);  // the packet is complete, its content is not
    packet.replace(4, 4, little_endian(packet.size() - 8, 4));
    write_bytes(path_, head + packet);
    expect_error(ErrorKind::kInput, {fmt::format("offset {}: packet of stream 0", head.size())},
                 [&] { read_all(*open()); });
  }
  auto message = event_message(events);
  message[4 + 24] = '\x7f';  // more events than the message contains
  write_bytes(path_, aedat4_header(Packed::kNone) + aedat4_packet(0, message, Packed::kNone));
  expect_error(ErrorKind::kInput, {"vector of 127 items"}, [&] { read_all(*open()); });
  auto head = aedat4_header(Packed::kNone);
  head.replace(head.find("EVTS"), 4, "FRME");
  write_bytes(path_, head);
  expect_error(ErrorKind::kInput, {"stream of events (EVTS), found FRME, FRME, TRIG"},
               [&] { open(); });
}

TEST_F(Npy, ReadsStructuredArrays) {
  const auto events = random_events(9000, {128, 128}, 13);
  std::string items;
  for (const auto& e : events) {
    items += static_cast<char>(e.polarity) + little_endian(e.x, 2) + "abc" + little_endian(e.y, 2) +
             little_endian(static_cast<std::uint64_t>(e.t), 8);
  }
  auto array = npy("@", events.size(), items);
  array.replace(array.find("'@'"), 3,
                "[('on', '|b1'), ('x', '<u2'), ('', '|V3'), ('y', '<i2'), ('timestamp', '<u8')]");
  const auto end = array.find('\n') + 1;
  array.replace(8, 2, little_endian(end - 10, 2));
  write_bytes(path_, array);
  EXPECT_EQ(format_of(path_), Format::kNpy);
  expect_events(events);
  write_bytes(path_, array.substr(0, array.size() - 1));
  expect_error(ErrorKind::kInput, {"expected 9000 items of 16 bytes"}, [&] { open(); });
  array.replace(array.find("'y'"), 3, "'z'");
  write_bytes(path_, array);
  expect_error(ErrorKind::kInput, {"fields t, x, y and p, found on, x, , z, timestamp"},
               [&] { open(); });
}

TEST_F(Text, ReadsSecondsMicrosecondsAndNamedColumns) {
  const std::vector<Event> expected{{3811, 96, 133, 0}, {4001, 2, 3, 1}};
  write_bytes(path_, "240 180\n0.003811000 96 133 0\n0.004001 2 3 1");
  EXPECT_TRUE((open()->sensor() == Sensor{240, 180}));
  expect_events(expected);
  write_bytes(path_, "# t x y p\r\n3811 96 133 -1\r\n\r\n4001 2 3 1\r\n");
  expect_events(expected);
  write_bytes(path_, "%geometry:640,480\nx,y,p,t\n96,133,0,3811\n2,3,1,4001\n");
  EXPECT_TRUE((open()->sensor() == Sensor{640, 480}));
  expect_events(expected);
  EXPECT_EQ(format_of(path_), Format::kText);
}

TEST_F(Text, NamesTheLineThatIsNoEvent) {
  write_bytes(path_, "1 2 3 1\n2 3 4 1\n3 4 five 1\n");
  expect_error(ErrorKind::kInput, {":3: offset 16", "\"3 4 five 1\""}, [&] { read_all(*open()); });
  write_bytes(path_, "1 2 3 2\n");
  expect_error(ErrorKind::kInput, {":1: offset 0", "polarity"}, [&] { read_all(*open()); });
}

TEST_F(Davis, ReadsAedat2ByTheCamerasName) {
  const auto word = [](std::uint32_t address, std::uint32_t t) {
    return big_endian(address, 4) + big_endian(t, 4);
  };
  write_bytes(path_, "#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.Davis346blue\r\n" +
                         word(259U << 22 | 345U << 12 | 1U << 11, 7) + word(1U << 31, 8) +
                         word(1U << 10, 9) + word(260U << 22, 10));
  const auto stream = open();
  EXPECT_TRUE((stream->sensor() == Sensor{346, 260}));
  EXPECT_EQ(read_all(*stream), (std::vector<Event>{{7, 345, 259, 1}}));
  EXPECT_EQ(stream->skipped().special, 2U);
  EXPECT_EQ(stream->skipped().triggers, 1U);
  EXPECT_EQ(stream->skipped().outside, 1U);
}

TEST_F(Writing, EveryFormatGivesTheEventsBack) {
  const auto events = random_events(150'000, {128, 128}, 14);
  write_atis(path_, events);
  Recording source;
  source.path = path_;
  source.sensor = {128, 128};
  for (const char* name : {"a.npz", "a.bin", "a.aedat", "a.h5"}) {
    const auto stream = open_recording(source);
    const auto path = folder_ / name;
    const auto written = write_recording(*stream, path, format_to_write(path));
    EXPECT_EQ(written.events, events.size()) << name;
    EXPECT_EQ(written.time_offset, 0) << name;
    Recording back;
    back.path = path;
    back.format = format_of(path);
    EXPECT_EQ(back.format, format_to_write(path)) << name;
    EXPECT_EQ(read_all(*open_recording(back)), events) << name;
  }
  expect_error(ErrorKind::kUsage, {"a.txt", ".npz"}, [&] { format_to_write(folder_ / "a.txt"); });
}

TEST_F(Writing, TimesOfADayArePutWhereTheyFit) {
  constexpr std::int64_t kDay = 1'605'537'493'718'345;
  write_bytes(path_, fmt::format("{} 1 2 1\n{} 3 4 0\n", kDay, kDay + 70));
  const auto expect = [&](const char* name, std::int64_t first) {
    const auto path = folder_ / name;
    (void)write_recording(*open({8, 8}), path, format_to_write(path));
    Recording back;
    back.path = path;
    back.format = format_of(path);
    EXPECT_EQ(read_all(*open_recording(back)),
              (std::vector<Event>{{first, 1, 2, 1}, {first + 70, 3, 4, 0}}))
        << name;
  };
  expect("a.npz", kDay);
  expect("a.h5", kDay);
  expect("a.bin", 0);
  expect("a.aedat", 0);
}

TEST_F(Hdf5, BeginsWhereItsIndexSays) {
  const auto events = random_events(200'000, {64, 48}, 15);
  write_bytes(folder_ / "a.txt", "");
  write_atis(path_, events);
  const auto path = folder_ / "a.h5";
  (void)write_recording(*open({64, 48}), path, Format::kHdf5);
  const auto middle = events[events.size() / 2].t;
  std::vector<Event> expected;
  for (const auto& e : events) {
    if (e.t >= middle) expected.push_back(e);
  }
  Recording later;
  later.path = path;
  later.format = Format::kHdf5;
  later.begin = middle;
  const auto stream = open_recording(later);
  EXPECT_TRUE((stream->sensor() == Sensor{64, 48}));
  EXPECT_EQ(read_all(*stream), expected);
  stream->rewind();
  EXPECT_EQ(read_all(*stream), expected);
}

TEST_F(Hdf5, ReadsTheLayoutsOfDataSets) {
  // Files written by h5py: event i is at (i, i) with polarity i % 2, if it has one.
  const auto file = [](const char* name) {
    return std::filesystem::path(STAA_FUZZ_CORPUS) / "hdf5" / name;
  };
  const auto expect = [&](const char* name, std::int64_t first, std::int64_t step, Sensor sensor) {
    path_ = file(name);
    EXPECT_EQ(format_of(path_), Format::kHdf5) << name;
    std::vector<Event> expected;
    for (std::int64_t i = 0; i < 20; ++i) {
      expected.push_back({first + i * step, static_cast<std::uint16_t>(i),
                          static_cast<std::uint16_t>(i), static_cast<std::uint8_t>(i % 2)});
    }
    expect_events(expected);
    EXPECT_TRUE(open()->sensor() == sensor) << name;
  };
  expect("plain.h5", 5, 100, kAnySensor);  // as in DSEC: t_offset, ms_to_idx; Boolean polarity
  expect("m3ed.h5", 0, 100, {1280, 720});  // prophesee/left with calib/resolution
  expect("seconds.h5", 500'000, 100, kAnySensor);
  path_ = file("compound.h5");
  EXPECT_EQ(read_all(*open()).size(), 20U);
  path_ = file("blosc.h5");
  if (std::getenv("HDF5_PLUGIN_PATH") == nullptr) {
    expect_error(ErrorKind::kInput, {"dataset t", "Blosc (filter 32001)", "HDF5_PLUGIN_PATH"},
                 [&] { open(); });
  }
}

TEST_F(Hdf5, RefusesWhatIsNone) {
  write_bytes(path_, "\x89HDF\r\n\x1a\n and no more");
  EXPECT_EQ(format_of(path_), Format::kHdf5);
  expect_error(ErrorKind::kInput, {"recording", "HDF5"}, [&] { open(); });
  write_atis(folder_ / "a.bin", random_events(3000, {8, 8}, 16));
  Recording source{folder_ / "a.bin", Format::kAtis, {8, 8}};
  (void)write_recording(*open_recording(source), path_, Format::kHdf5);
  const auto whole = read_text_file(path_);
  for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
    write_bytes(path_, whole.substr(0, cut));
    expect_error(ErrorKind::kInput, {path_.string()}, [&] {
      Recording broken{path_, Format::kHdf5, {}};
      read_all(*open_recording(broken));
    });
  }
}

TEST_F(CameraFile, ItsOwnSensorIsNotContradicted) {
  write_bytes(path_, kEvt3Header);
  expect_error(ErrorKind::kInput, {"1280x720", "expected 128x128"}, [&] { open({128, 128}); });
  EXPECT_TRUE((stated_sensor(path_, Format::kEvt3) == Sensor{1280, 720}));
  write_bytes(path_, "1 2 3 1\n");
  EXPECT_TRUE((stated_sensor(path_, Format::kText) == Sensor{}));
}

TEST_F(CameraFile, FiveByteEventsAreFoundByTheirTimes) {
  write_atis(path_, random_events(1000, {34, 34}, 17));
  EXPECT_EQ(format_of(path_), Format::kAtis);
  std::string noise;
  Random random{18};
  for (int i = 0; i < 5000; ++i) noise += static_cast<char>(random.below(256));
  write_bytes(path_, noise);
  expect_error(ErrorKind::kInput, {"recording of events", "none of them"},
               [&] { format_of(path_); });
  write_bytes(path_, "");
  expect_error(ErrorKind::kInput, {"the file is empty"}, [&] { format_of(path_); });
}

TEST_F(CameraFile, FiltersCropAndLeaveOutNoise) {
  // Two neighbours within 100 us, a single event, and a pixel that fires all the time.
  std::string text = "64 48\n1000 10 10 1\n1050 11 11 0\n2000 40 40 1\n";
  for (int t = 3000; t < 13'000; t += 100) text += fmt::format("{} 5 5 1\n", t);
  write_bytes(path_, text);
  EXPECT_EQ(read_all(*without_background(open(), 100)), (std::vector<Event>{{1050, 11, 11, 0}}));
  auto stream = open();
  const auto hot = find_hot_pixels(*stream, 5000);
  EXPECT_EQ(std::count(hot.begin(), hot.end(), 1), 1);
  EXPECT_EQ(read_all(*without_pixels(std::move(stream), hot)).size(), 3U);
  const auto cropped = crop(open(), {8, 9, {4, 4}});
  EXPECT_TRUE((cropped->sensor() == Sensor{4, 4}));
  EXPECT_EQ(read_all(*cropped), (std::vector<Event>{{1000, 2, 1, 1}, {1050, 3, 2, 0}}));
  EXPECT_EQ(read_all(*cut_time(open(), 1050, 2000)).size(), 1U);
  expect_error(ErrorKind::kUsage, {"4x4 pixels at (62, 0)", "64x48"}, [&] {
    crop(open(), {62, 0, {4, 4}});
  });
}

}  // namespace
}  // namespace staa::events
