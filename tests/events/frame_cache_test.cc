#include "staa/events/frame_cache.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "events/fixtures.h"
#include "staa/events/atis.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

using test::TempFolder;
using test::write_bytes;

namespace fs = std::filesystem;

constexpr Sensor kNMnist{34, 34};

class FrameCacheTest : public ::testing::Test {
 protected:
  FrameCacheTest() {
    recording_.path = folder_ / "a.bin";
    recording_.format = Format::kAtis;
    recording_.sensor = kNMnist;
    write_atis(recording_.path, random_events(5000, kNMnist, 1));
  }

  /// The files of one kind in the cache: "frames", or "contents" with the hashes of recordings.
  std::vector<fs::path> files(const std::string& kind = "frames") const {
    std::vector<fs::path> found;
    const auto kept = folder_ / "cache" / kind;
    if (!fs::exists(kept)) return found;
    for (const auto& entry : fs::recursive_directory_iterator(kept)) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }

  void expect_same(const Frames& a, const Frames& b) {
    EXPECT_TRUE(a.shape == b.shape);
    EXPECT_EQ(a.unit, b.unit);
    EXPECT_EQ(a.values, b.values);
    EXPECT_EQ(a.events, b.events);
    EXPECT_EQ(a.skipped.total(), b.skipped.total());
  }

  Frames fresh(const FrameOptions& options) {
    return integrate(*open_recording(recording_), options);
  }

  TempFolder folder_;
  Recording recording_;
  FrameCache cache_{folder_ / "cache"};
  FrameOptions options_{4, SliceBy::kCount, {24, 24}};
};

TEST_F(FrameCacheTest, GivesWhatItKept) {
  EXPECT_FALSE(cache_.find(recording_, options_).has_value());
  expect_same(cache_.get(recording_, options_), fresh(options_));
  ASSERT_TRUE(cache_.find(recording_, options_).has_value());
  expect_same(*cache_.find(recording_, options_), fresh(options_));
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(FrameCacheTest, KeepsValuesOfEveryWidth) {
  for (const std::size_t count : {std::size_t{200}, std::size_t{300}, std::size_t{70'000}}) {
    write_atis(recording_.path, std::vector<Event>(count, Event{5, 1, 2, 1}));
    FrameOptions one;
    one.steps = 1;
    (void)cache_.get(recording_, one);
    expect_same(cache_.find(recording_, one).value(), fresh(one));
  }
}

TEST_F(FrameCacheTest, TellsSettingsSpansAndChangedFilesApart) {
  (void)cache_.get(recording_, options_);
  std::vector<FrameOptions> others(3, options_);
  others[0].steps = 5;
  others[1].slice_by = SliceBy::kTime;
  others[2].size = {};
  for (const auto& other : others) EXPECT_FALSE(cache_.find(recording_, other).has_value());
  auto span = recording_;
  span.begin = 100;
  EXPECT_FALSE(cache_.find(span, options_).has_value());
  write_atis(recording_.path, random_events(4999, kNMnist, 2));
  EXPECT_FALSE(cache_.find(recording_, options_).has_value());
  expect_same(cache_.get(recording_, options_), fresh(options_));
}

TEST_F(FrameCacheTest, KnowsARecordingByItsContent) {
  (void)cache_.get(recording_, options_);
  const auto first = recording_.path;
  recording_.path = folder_ / "b.bin";
  fs::copy_file(first, recording_.path);
  ASSERT_TRUE(cache_.find(recording_, options_).has_value());
  EXPECT_EQ(files().size(), 1U);

  // Another recording of the same size must not be confused with the first one, nor the first one
  // with it.
  write_atis(recording_.path, random_events(5000, kNMnist, 2));
  fs::last_write_time(recording_.path, fs::last_write_time(first) + std::chrono::seconds(5));
  ASSERT_EQ(fs::file_size(recording_.path), fs::file_size(first));
  EXPECT_FALSE(cache_.find(recording_, options_).has_value());
  expect_same(cache_.get(recording_, options_), fresh(options_));
  fs::copy_file(first, recording_.path, fs::copy_options::overwrite_existing);
  fs::last_write_time(recording_.path, fs::last_write_time(first) + std::chrono::seconds(9));
  expect_same(cache_.get(recording_, options_), fresh(options_));
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(FrameCacheTest, HashesAFileThatHasNotChangedOnce) {
  (void)cache_.get(recording_, options_);
  ASSERT_EQ(files("contents").size(), 1U);
  const auto kept = files("contents").front();
  const auto text = read_text_file(kept);
  auto other = text;
  other[other.find("crc32") + 6] = 'x';
  write_bytes(kept, other);
  EXPECT_FALSE(cache_.find(recording_, options_).has_value()) << "hashed again";
  for (std::size_t i = 0; i < text.size(); i += 7) {  // truncated: hashed again and repaired
    write_bytes(kept, text.substr(0, i));
    EXPECT_TRUE(cache_.find(recording_, options_).has_value()) << "cut at " << i;
    EXPECT_EQ(read_text_file(kept), text);
  }
}

TEST_F(FrameCacheTest, TakesADamagedFileAsAbsentAndMendsIt) {
  (void)cache_.get(recording_, options_);
  const auto path = files().at(0);
  const auto whole = read_text_file(path);
  for (std::size_t i = 0; i < whole.size(); i += 61) {
    write_bytes(path, whole.substr(0, i));
    EXPECT_FALSE(cache_.find(recording_, options_).has_value()) << "cut at " << i;
    auto broken = whole;
    broken[i] = static_cast<char>(broken[i] ^ 0x21);
    write_bytes(path, broken);
    EXPECT_FALSE(cache_.find(recording_, options_).has_value()) << "byte " << i;
  }
  expect_same(cache_.get(recording_, options_), fresh(options_));
  EXPECT_EQ(read_text_file(path), whole);
}

TEST_F(FrameCacheTest, IsFilledByManyThreadsAtOnce) {
  const auto expected = fresh(options_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&] { expect_same(FrameCache(folder_ / "cache").get(recording_, options_), expected); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(files().size(), 1U);  // and no temporary file remains
}

TEST_F(FrameCacheTest, WithoutAFolderKeepsNothing) {
  const FrameCache none("");
  expect_same(none.get(recording_, options_), fresh(options_));
  EXPECT_FALSE(none.find(recording_, options_).has_value());
}

TEST_F(FrameCacheTest, NamesWhatIsMissingOrCannotBeWritten) {
  write_bytes(folder_ / "file", "x");
  test::expect_error(ErrorKind::kIo, {"/file/contents"},
                     [&] { FrameCache(folder_ / "file").get(recording_, options_); });
  recording_.path = folder_ / "missing.bin";
  test::expect_error(ErrorKind::kIo, {"missing.bin"}, [&] { cache_.get(recording_, options_); });
}

}  // namespace
}  // namespace staa::events
