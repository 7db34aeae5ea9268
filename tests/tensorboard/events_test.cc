#include "staa/tensorboard/events.h"

#include "staa/tensorboard/crc32c.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::tensorboard {
namespace {

using test::expect_error;
using test::TempFolder;

std::vector<Event> read_all(const std::filesystem::path& path) {
  EventReader reader(path);
  std::vector<Event> events;
  while (auto event = reader.next()) events.push_back(std::move(*event));
  return events;
}

/// "step tag=value" of every scalar in a folder, in the order in which TensorBoard reads them.
std::vector<std::string> scalars_of(const std::filesystem::path& folder) {
  std::vector<std::string> all;
  for (const auto& file : event_files(folder)) {
    for (const auto& event : read_all(file)) {
      for (const auto& scalar : event.scalars) {
        all.push_back(fmt::format("{} {}={}", event.step, scalar.tag, scalar.value));
      }
    }
  }
  return all;
}

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

TEST(Crc32c, MeetsThePublishedVectors) {
  // RFC 3720, appendix B.4, and the usual check value.
  EXPECT_EQ(crc32c("123456789", 9), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0').data(), 32), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff').data(), 32), 0x62a8ab43U);
  EXPECT_EQ(crc32c("", 0), 0U);
}

TEST(EventFile, IsReadBack) {
  TempFolder folder;
  EventWriter writer(folder.path(), 0);
  writer.add(1, {{"loss/train", 2.5}, {"accuracy", 0}});
  writer.add(20, {{"loss/train", 1.25}});
  const auto files = event_files(folder.path());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_NE(files[0].filename().string().find("tfevents"), std::string::npos);
  const auto events = read_all(files[0]);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].file_version, "brain.Event:2");
  EXPECT_GT(events[0].wall_time, 1.7e9);
  EXPECT_EQ(scalars_of(folder.path()),
            (std::vector<std::string>{"1 loss/train=2.5", "1 accuracy=0", "20 loss/train=1.25"}));
}

TEST(EventFile, HasTheFramingOfTheFormat) {
  TempFolder folder;
  { const EventWriter writer(folder.path(), 0); }
  const auto bytes = text_of(event_files(folder.path())[0]);
  // wall_time is a double under field 1; step 0 is not written; file_version is field 3.
  ASSERT_EQ(bytes.size(), 12U + 9U + 15U + 4U);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x18\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes[12], '\x09');
  EXPECT_EQ(bytes.substr(21, 15),
            "\x1a\x0d"
            "brain.Event:2");
}

TEST(EventFile, GoesOnWithoutRepeatingSteps) {
  TempFolder folder;
  {
    EventWriter writer(folder.path(), 0);
    for (const std::int64_t step : {10, 20, 30}) writer.add(step, {{"a", 1}});
  }
  {
    EventWriter writer(folder.path(), 20);
    writer.add(30, {{"a", 2}});
    writer.add(40, {{"a", 2}});
  }
  {
    EventWriter writer(folder.path(), 30);
    writer.add(40, {{"a", 3}});
  }
  EXPECT_EQ(scalars_of(folder.path()),
            (std::vector<std::string>{"10 a=1", "20 a=1", "30 a=2", "40 a=3"}));
  const auto files = event_files(folder.path());
  ASSERT_EQ(files.size(), 3U);
  const auto last = read_all(files[2]);
  EXPECT_TRUE(last.at(1).start);
  EXPECT_EQ(last.at(1).step, 31);
}

TEST(EventFile, ThatACrashCutIsKeptUpToThere) {
  TempFolder folder;
  {
    EventWriter writer(folder.path(), 0);
    writer.add(1, {{"a", 1}});
    writer.add(2, {{"a", 1}});
  }
  const auto path = event_files(folder.path())[0];
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  EXPECT_THROW(read_all(path), Error);
  EventWriter writer(folder.path(), 5);
  writer.add(6, {{"a", 2}});
  EXPECT_EQ(scalars_of(folder.path()), (std::vector<std::string>{"1 a=1", "6 a=2"}));
}

TEST(EventReader, RefusesEveryChangedByte) {
  TempFolder folder;
  {
    EventWriter writer(folder.path(), 0);
    writer.add(1, {{"a", 1}});
  }
  const auto whole = text_of(event_files(folder.path())[0]);
  const auto other = folder / "changed";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x20);
    test::write_bytes(other, bytes);
    expect_error(ErrorKind::kInput, {"changed", "record at byte"}, [&] { read_all(other); });
  }
  for (std::size_t size = 1; size < whole.size(); ++size) {
    test::write_bytes(other, whole.substr(0, size));
    // 40 bytes are the first record, whole.
    if (size == 40) {
      EXPECT_EQ(read_all(other).size(), 1U);
    } else {
      expect_error(ErrorKind::kInput, {"cut short"}, [&] { read_all(other); });
    }
  }
}

}  // namespace
}  // namespace staa::tensorboard
