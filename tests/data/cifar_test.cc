#include "staa/data/sets/cifar.h"

#include <fmt/format.h>

#include <string>

#include "data/fixtures.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::TempFolder;
using test::write_bytes;

constexpr std::size_t kPlane = 32 * 32;

/// Label bytes, then a red, a green and a blue plane; all pixels of a plane have one value that
/// depends on `value`.
std::string record(const std::string& labels, int value) {
  std::string bytes = labels;
  for (const int colour : {value, value + 1, value + 2}) {
    bytes += std::string(kPlane, static_cast<char>(colour % 256));
  }
  return bytes;
}

std::string records(std::int64_t count) {
  std::string bytes;
  for (std::int64_t i = 0; i < count; ++i) {
    bytes += record(std::string(1, static_cast<char>(i % 10)), static_cast<int>(i));
  }
  return bytes;
}

TEST(Cifar10, TurnsPlanesIntoPixels) {
  TempFolder folder;
  std::string bytes(1, '\x07');
  for (std::size_t i = 0; i < 3 * kPlane; ++i) {
    bytes += static_cast<char>(i / kPlane * 70 + i % kPlane % 97);
  }
  write_bytes(folder / "data_batch_1.bin", bytes);
  const auto sets = read_cifar10(folder.path(), true);
  ASSERT_EQ(sets.train->size(), 1);
  EXPECT_EQ(sets.train->label(0), 7);
  EXPECT_EQ(sets.train->classes().at(7), "horse");
  const auto pixels = sample(*sets.train, 0);
  for (std::size_t p = 0; p < kPlane; ++p) {
    for (std::size_t c = 0; c < 3; ++c) ASSERT_EQ(pixels[p * 3 + c], c * 70 + p % 97);
  }
  EXPECT_EQ(sets.test->size(), 0);
}

TEST(Cifar10, ReadsThePublishedLayoutFromItsSubFolder) {
  TempFolder folder;
  const auto sub = folder / "cifar-10-batches-bin";
  const auto batch = records(10'000);
  for (int n = 1; n <= 5; ++n) write_bytes(sub / fmt::format("data_batch_{}.bin", n), batch);
  write_bytes(sub / "test_batch.bin", batch);
  write_bytes(sub / "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  const auto sets = read_cifar10(folder.path());
  EXPECT_EQ(sets.train->size(), 50'000);
  EXPECT_EQ(sets.test->size(), 10'000);
  EXPECT_EQ(sets.test->classes().front(), "a");
  EXPECT_EQ(sets.train->label(12'345), 5);
  EXPECT_EQ(sample(*sets.train, 10'003).front(), 3);

  write_bytes(sub / "data_batch_3.bin", records(9'999));
  expect_error(ErrorKind::kInput,
               {"data_batch_3.bin: expected 10000 records of 3073 bytes, found 9999"},
               [&] { read_cifar10(folder.path()); });
  fs::remove(sub / "data_batch_3.bin");
  expect_error(ErrorKind::kInput, {"not data_batch_3.bin", "without a gap"},
               [&] { read_cifar10(folder.path(), true); });
  fs::remove(sub / "data_batch_5.bin");
  fs::remove(sub / "data_batch_4.bin");
  expect_error(ErrorKind::kInput, {"expected 5 files data_batch_N.bin, found 2"},
               [&] { read_cifar10(folder.path()); });
  EXPECT_EQ(read_cifar10(folder.path(), true).train->size(), 20'000);
}

TEST(Cifar10, NamesTheRecordAtWhichAFileIsCutOff) {
  TempFolder folder;
  const std::string whole = records(4);
  for (std::size_t cut = 0; cut <= whole.size(); cut += 97) {
    write_bytes(folder / "data_batch_1.bin", whole.substr(0, cut));
    const std::size_t rest = cut % 3073;
    if (rest == 0) {
      EXPECT_EQ(read_cifar10(folder.path(), true).train->size(),
                static_cast<std::int64_t>(cut / 3073));
      continue;
    }
    expect_error(
        ErrorKind::kInput,
        {fmt::format(
            "data_batch_1.bin: offset {}: record {} is cut off: expected 3073 bytes, found {}",
            cut / 3073 * 3073, cut / 3073, rest)},
        [&] { read_cifar10(folder.path(), true); });
  }
}

TEST(Cifar10, NamesALabelOutOfRange) {
  TempFolder folder;
  write_bytes(folder / "data_batch_1.bin", records(2) + record("\x0a", 0));
  expect_error(
      ErrorKind::kInput,
      {"data_batch_1.bin: offset 6146: record 2: label 10 is out of range: expected 0 to 9"},
      [&] { read_cifar10(folder.path(), true); });
}

TEST(Cifar10, ChecksTheClassNames) {
  TempFolder folder;
  write_bytes(folder / "data_batch_1.bin", records(1));
  write_bytes(folder / "batches.meta.txt", "a\nb\n");
  expect_error(ErrorKind::kInput, {"batches.meta.txt: expected 10 class names, found 2"},
               [&] { read_cifar10(folder.path(), true); });
}

TEST(Cifar10, SaysWhatIsMissingAndHowToGetIt) {
  TempFolder folder;
  expect_error(ErrorKind::kIo,
               {folder.path().string(), "data_batch_1.bin", "cifar-10-batches-bin",
                "https://www.cs.toronto.edu/~kriz/cifar.html", "staa data convert"},
               [&] { read_cifar10(folder.path()); });
}

TEST(Cifar100, TakesTheFineLabel) {
  TempFolder folder;
  write_bytes(folder / "train.bin", record("\x13\x63", 1) + record(std::string("\x01\x00", 2), 2));
  write_bytes(folder / "test.bin", record("\x02\x05", 3));
  const auto sets = read_cifar100(folder.path(), true);
  ASSERT_EQ(sets.train->size(), 2);
  EXPECT_EQ(sets.train->label(0), 99);
  EXPECT_EQ(sets.train->label(1), 0);
  EXPECT_EQ(sets.test->label(0), 5);
  EXPECT_EQ(sample(*sets.train, 1).at(1), 3);
  EXPECT_EQ(sets.train->classes().size(), 100U);

  expect_error(ErrorKind::kInput, {"train.bin: expected 50000 records of 3074 bytes, found 2"},
               [&] { read_cifar100(folder.path()); });
  write_bytes(folder / "test.bin", record("\x02\x64", 3));
  expect_error(ErrorKind::kInput, {"test.bin: offset 1: record 0: label 100 is out of range"},
               [&] { read_cifar100(folder.path(), true); });
  write_bytes(folder / "train.bin", record("\x13\x63", 1) + "abc");
  expect_error(ErrorKind::kInput,
               {"train.bin: offset 3074: record 1 is cut off: expected 3074 bytes, found 3"},
               [&] { read_cifar100(folder.path(), true); });
}

TEST(CifarWriter, RoundTripsAnyShapeCountAndClasses) {
  for (const auto& shape : {ImageShape{3, 32, 32}, ImageShape{1, 5, 7}}) {
    TempFolder folder;
    const auto train = random_set(37, shape, 13, 1);
    const auto test = random_set(11, shape, 13, 99);
    write_cifar10(folder / "new/set", *train, *test);
    const auto sets = read_cifar10(folder / "new/set");
    expect_same(*sets.train, *train);
    expect_same(*sets.test, *test);
  }
}

TEST(CifarWriter, SplitsAfterTenThousandImages) {
  TempFolder folder;
  const auto train = random_set(20'001, {1, 2, 2}, 10);
  write_cifar10(folder.path(), *train, *random_set(1, {1, 2, 2}, 10));
  EXPECT_EQ(fs::file_size(folder / "data_batch_2.bin"), 50'000U);
  EXPECT_EQ(fs::file_size(folder / "data_batch_3.bin"), 5U);
  expect_same(*read_cifar10(folder.path()).train, *train);

  fs::remove(folder / "data_batch_3.bin");
  expect_error(ErrorKind::kInput, {"expected 3 files", "found 2"},
               [&] { read_cifar10(folder.path()); });
  EXPECT_EQ(read_cifar10(folder.path(), true).train->size(), 20'000);
  write_bytes(folder / "data_batch_3.bin", std::string(10, '\0'));
  expect_error(ErrorKind::kInput, {"data_batch_3.bin: expected 1 records of 5 bytes, found 2"},
               [&] { read_cifar10(folder.path()); });
}

TEST(CifarWriter, NeverWritesOverASet) {
  TempFolder folder;
  const auto set = random_set(3, {1, 2, 2}, 2);
  write_cifar10(folder.path(), *set, *set);
  expect_error(ErrorKind::kUsage, {"already holds a data set (staa.meta.txt)"},
               [&] { write_cifar10(folder.path(), *set, *set); });
}

TEST(CifarWriter, RefusesWhatTheFormatCannotHold) {
  TempFolder folder;
  const auto many = random_set(1, {1, 1, 1}, 257);
  expect_error(ErrorKind::kInput, {"at most 256 classes, found 257"},
               [&] { write_cifar10(folder.path(), *many, *many); });
  EXPECT_TRUE(fs::is_empty(folder.path()));
  const auto most = random_set(256, {1, 1, 1}, 256);
  write_cifar10(folder / "most", *most, *most);
  expect_same(*read_cifar10(folder / "most").test, *most);

  expect_error(ErrorKind::kInput, {"expected a test set like the training set"}, [&] {
    write_cifar10(folder.path(), *random_set(1, {1, 1, 1}, 2), *random_set(1, {1, 1, 2}, 2));
  });
  const ImageSet bad("bad", {1, 1, 1}, {"two\nlines"}, {}, {});
  expect_error(ErrorKind::kInput, {"class name"}, [&] { write_cifar10(folder.path(), bad, bad); });
}

TEST(CifarManifest, RefusesWhatItDoesNotUnderstand) {
  const std::string good = "format 1\nchannels 1\nheight 2\nwidth 2\ntest_batch.bin 1\n";
  const auto expect_refused = [&](const std::string& text, const std::string& message) {
    TempFolder folder;
    write_bytes(folder / "staa.meta.txt", text);
    write_bytes(folder / "test_batch.bin", std::string(5, '\0'));
    write_bytes(folder / "batches.meta.txt", "a\n");
    expect_error(ErrorKind::kInput, {"staa.meta.txt", message},
                 [&] { read_cifar10(folder.path()); });
  };
  expect_refused("format 2\n" + good.substr(9), "expected format 1, found 2");
  expect_refused(good.substr(9), "expected format 1, found 0");
  expect_refused(good + "../etc/passwd 1\n", "line 6: unknown key ../etc/passwd");
  expect_refused(good + "data_batch_/../x.bin 1\n", "line 6: unknown key");
  expect_refused(good + "height 3\n", "line 6: height stands here a second time");
  expect_refused(good + "depth\n", "line 6: expected \"key number\", found \"depth\"");
  expect_refused(good + "data_batch_1.bin -3\n", "line 6: expected \"key number\"");
  expect_refused(good + "data_batch_1.bin 99999999999999999999\n", "line 6");
  expect_refused("format 1\nchannels 2\nheight 2\nwidth 2\n", "1 or 3 channels, found 2");
  expect_refused("format 1\nchannels 1\nheight 0\nwidth 2\n", "2x0 pixels");
}

}  // namespace
}  // namespace staa::data
