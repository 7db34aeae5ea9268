#include "staa/data/codecs/idx.h"

#include <fmt/format.h>

#include <string>

#include "data/fixtures.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}

std::string images(std::uint32_t count, std::uint32_t height, std::uint32_t width) {
  std::string bytes = word(0x803) + word(count) + word(height) + word(width);
  for (std::uint32_t i = 0; i < count * height * width; ++i)
    bytes += static_cast<char>(i * 7 % 251);
  return bytes;
}

std::string labels(const std::vector<int>& values) {
  std::string bytes = word(0x801) + word(static_cast<std::uint32_t>(values.size()));
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

/// A folder with an image file and a label file, and the result of reading them.
class IdxPair {
 public:
  IdxPair(const std::string& image_bytes, const std::string& label_bytes) {
    write_bytes(folder_ / "images", image_bytes);
    write_bytes(folder_ / "labels", label_bytes);
  }
  std::shared_ptr<const Dataset> read() const {
    return read_idx(folder_ / "images", folder_ / "labels", {"a", "b", "c"}, "pair");
  }
  void expect_refused(const std::vector<std::string>& parts) const {
    expect_error(ErrorKind::kInput, parts, [&] { (void)read(); });
  }

 private:
  TempFolder folder_;
};

TEST(Idx, ReadsPlainAndGzippedFiles) {
  for (const bool zipped : {false, true}) {
    const auto pack = [&](const std::string& bytes) { return zipped ? gzip(bytes) : bytes; };
    const auto set = IdxPair(pack(images(3, 4, 5)), pack(labels({2, 0, 1}))).read();
    ASSERT_EQ(set->size(), 3);
    EXPECT_TRUE((set->shape() == ImageShape{1, 4, 5}));
    EXPECT_EQ(set->label(0), 2);
    const auto pixels = sample(*set, 1);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(pixels[i], (20 + i) * 7 % 251);
  }
}

TEST(Idx, RefusesAFileCutOffAnywhere) {
  const auto whole = images(3, 4, 5);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    IdxPair(whole.substr(0, cut), labels({0, 0, 0})).expect_refused({"/images: offset"});
  }
  const auto whole_labels = labels({0, 1, 2});
  for (std::size_t cut = 0; cut < whole_labels.size(); ++cut) {
    IdxPair(whole, whole_labels.substr(0, cut)).expect_refused({"/labels: offset"});
  }
}

TEST(Idx, RefusesAGzippedFileCutOffAnywhere) {
  const auto packed = gzip(images(3, 4, 5));
  for (std::size_t cut = 2; cut < packed.size(); ++cut) {
    IdxPair(packed.substr(0, cut), labels({0, 0, 0})).expect_refused({"/images: offset"});
  }
}

TEST(Idx, RefusesAGzippedFileWithAnyByteOfItsDataOrChecksumChanged) {
  constexpr std::size_t kGzipHeader = 10;  // contains a time and a system, which do not matter here
  const auto packed = gzip(images(3, 4, 5));
  for (std::size_t at = kGzipHeader; at < packed.size(); ++at) {
    auto broken = packed;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    IdxPair(broken, labels({0, 0, 0})).expect_refused({"/images: "});
  }
  auto wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] = static_cast<char>(wrong_checksum[packed.size() - 8] ^ 1);
  IdxPair(wrong_checksum, labels({0, 0, 0})).expect_refused({"corrupted: incorrect data check"});
}

TEST(Idx, RefusesBytesAfterTheEnd) {
  IdxPair(images(1, 2, 2) + "xy", labels({0}))
      .expect_refused({"/images: offset 20: expected the end of the file, found 2 more bytes"});
  IdxPair(gzip(images(1, 2, 2) + "xy"), labels({0}))
      .expect_refused({"/images: offset ", "expected the end of the data, found more"});
  const auto packed = gzip(images(1, 2, 2));
  IdxPair(packed + "xyz", labels({0}))
      .expect_refused(
          {fmt::format("/images: offset {}: expected the end of the file after the gzip "
                       "stream, found 3 more bytes",
                       packed.size())});
}

TEST(Idx, RefusesAWrongMagicNumber) {
  IdxPair(labels({0}), labels({0}))
      .expect_refused(
          {"/images: offset 0: expected the magic number 0x00000803, found 0x00000801"});
  IdxPair(images(1, 2, 2), images(1, 2, 2))
      .expect_refused(
          {"/labels: offset 0: expected the magic number 0x00000801, found 0x00000803"});
}

TEST(Idx, AllocatesNoMoreThanTheFileCanHold) {
  const auto huge = word(0x803) + word(0xffffffff) + word(8192) + word(8192);
  IdxPair(huge, labels({0})).expect_refused({"the header announces", "can hold at most 0"});
  IdxPair(gzip(huge), labels({0})).expect_refused({"the header announces", "can hold at most"});
  IdxPair(word(0x803) + word(1) + word(0xffffffff) + word(0xffffffff), labels({0}))
      .expect_refused({"/images: image of 4294967295x4294967295 pixels"});
  IdxPair(word(0x803) + word(1) + word(0) + word(5), labels({0})).expect_refused({"5x0 pixels"});
}

TEST(Idx, RefusesLabelsThatDoNotFit) {
  IdxPair(images(2, 2, 2), labels({0, 3}))
      .expect_refused({"/labels: offset 9", "label 3 is out of range: expected 0 to 2"});
  IdxPair(images(2, 2, 2), labels({0, 1, 2}))
      .expect_refused({"/labels: expected 2 labels", "found 3"});
}

TEST(Mnist, FindsTheFourFilesGzippedOrNot) {
  TempFolder folder;
  write_bytes(folder / "train-images-idx3-ubyte", images(2, 3, 3));
  write_bytes(folder / "train-labels-idx1-ubyte.gz", gzip(labels({9, 8})));
  write_bytes(folder / "t10k-images-idx3-ubyte.gz", gzip(images(1, 3, 3)));
  expect_error(ErrorKind::kIo, {folder.path().string(), "t10k-labels-idx1-ubyte.gz"},
               [&] { read_mnist(folder.path()); });
  write_bytes(folder / "t10k-labels-idx1-ubyte", labels({4}));
  const auto sets = read_mnist(folder.path());
  EXPECT_EQ(sets.train->size(), 2);
  EXPECT_EQ(sets.test->label(0), 4);
  EXPECT_EQ(sets.train->classes().at(9), "9");
  EXPECT_EQ(read_fashion_mnist(folder.path()).train->classes().at(9), "Ankle boot");

  write_bytes(folder / "t10k-images-idx3-ubyte.gz", gzip(images(1, 3, 4)));
  expect_error(ErrorKind::kInput, {"t10k-images", "3x3x1", "found 3x4x1"},
               [&] { read_mnist(folder.path()); });
}

}  // namespace
}  // namespace staa::data
