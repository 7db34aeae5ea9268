#include "staa/data/sets/image_folder.h"

#include <filesystem>
#include <string>

#include "data/fixtures.h"
#include "staa/data/codecs/png.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::TempFolder;
using test::write_bytes;

void put_png(const fs::path& path, const ImageShape& shape, std::uint64_t seed) {
  fs::create_directories(path.parent_path());
  write_png(path, shape, random_image(shape, seed).pixels.data());
}

/// Two classes, three training images and two test images.
class ImageFolderTest : public ::testing::Test {
 protected:
  ImageFolderTest() {
    put_png(root() / "train/cat/b.png", kShape, 1);
    put_png(root() / "train/cat/a.PNG", kShape, 2);
    put_png(root() / "train/ant/z.png", kShape, 3);
    put_png(root() / "test/cat/a.png", kShape, 4);
    put_png(root() / "test/ant/a.png", kShape, 5);
  }
  const fs::path& root() const { return folder_.path(); }
  void expect_refused(const std::vector<std::string>& parts) const {
    expect_error(ErrorKind::kInput, parts, [&] { read_image_folder(root()); });
  }

  static constexpr ImageShape kShape{3, 6, 4};

 private:
  TempFolder folder_;
};

TEST_F(ImageFolderTest, SortsClassesAndFiles) {
  write_bytes(root() / "train/.DS_Store", "x");
  write_bytes(root() / "train/cat/.hidden", "x");
  for (const std::int64_t threads : {1, 3}) {
    const auto sets = read_image_folder(root(), threads);
    EXPECT_EQ(sets.train->classes(), (std::vector<std::string>{"ant", "cat"}));
    ASSERT_EQ(sets.train->size(), 3);
    EXPECT_EQ(sample(*sets.train, 0), random_image(kShape, 3).pixels);
    EXPECT_EQ(sample(*sets.train, 1), random_image(kShape, 2).pixels);
    EXPECT_EQ(sample(*sets.train, 2), random_image(kShape, 1).pixels);
    EXPECT_EQ(sets.train->label(0), 0);
    EXPECT_EQ(sets.train->label(2), 1);
    EXPECT_EQ(sample(*sets.test, 1), random_image(kShape, 4).pixels);
  }
}

TEST_F(ImageFolderTest, ReadsJpegAndTellsByContent) {
  const auto jpeg = encode_jpeg(random_image(kShape, 9));
  write_bytes(root() / "train/cat/c.jpg", jpeg);
  write_bytes(root() / "train/cat/d.jpeg", jpeg);
  put_png(root() / "train/cat/e.jpg", kShape, 8);
  const auto set = read_image_folder(root()).train;
  EXPECT_EQ(sample(*set, 3), sample(*set, 4));
  EXPECT_EQ(sample(*set, 5), random_image(kShape, 8).pixels);
}

TEST_F(ImageFolderTest, AcceptsValForTest) {
  fs::rename(root() / "test", root() / "val");
  EXPECT_EQ(read_image_folder(root()).test->size(), 2);
}

TEST_F(ImageFolderTest, NamesTheFirstImageOfAnotherSize) {
  for (int i = 0; i < 20; ++i) {
    put_png(root() / ("train/cat/c" + std::to_string(i + 10) + ".png"), {3, 6, i < 5 ? 4 : 5}, 1);
  }
  for (int repeat = 0; repeat < 5; ++repeat) {
    expect_refused(
        {"train/cat/c15.png: expected an image of 6x4x3", "train/ant/z.png", "found 6x5x3"});
  }
}

TEST_F(ImageFolderTest, NamesATestImageThatDiffersFromTraining) {
  put_png(root() / "test/cat/a.png", {1, 6, 4}, 1);
  expect_refused({"test/cat/a.png: expected an image of 6x4x3", "found 6x4x1"});
}

TEST_F(ImageFolderTest, NamesAnImageThatCannotBeDecoded) {
  const auto jpeg = encode_jpeg(random_image(kShape, 9));
  write_bytes(root() / "train/cat/c.jpg", jpeg.substr(0, jpeg.size() / 2));
  expect_refused({"train/cat/c.jpg: cannot decode as JPEG: "});
  write_bytes(root() / "train/cat/c.jpg", "GIF89a");
  expect_refused({"train/cat/c.jpg: expected a JPEG or PNG image, found neither"});
  write_bytes(root() / "train/cat/c.jpg", "");
  expect_refused({"train/cat/c.jpg: expected a JPEG or PNG image, found neither"});
}

TEST_F(ImageFolderTest, RefusesWhatIsNoImage) {
  write_bytes(root() / "train/cat/notes.txt", "x");
  expect_refused({"train/cat/notes.txt: expected only .jpg, .jpeg and .png files here"});
  fs::remove(root() / "train/cat/notes.txt");
  write_bytes(root() / "train/README", "x");
  expect_refused({"train/README: expected folders of images, one a class, found a file"});
}

TEST_F(ImageFolderTest, RefusesUnlikeHalvesAndEmptyClasses) {
  put_png(root() / "test/dog/a.png", kShape, 1);
  expect_refused({"train: expected the same classes as in", "found no folder dog"});
  put_png(root() / "train/dog/a.png", kShape, 1);
  fs::remove_all(root() / "test/ant");
  expect_refused({"test: expected the same classes as in", "found no folder ant"});
  fs::create_directory(root() / "test/ant");
  expect_refused({"test/ant: expected images, found none"});
}

TEST_F(ImageFolderTest, SaysWhichFolderIsMissing) {
  fs::remove_all(root() / "test");
  expect_error(ErrorKind::kIo, {root().string(), "looked for test/", "CLASS"},
               [&] { read_image_folder(root()); });
}

}  // namespace
}  // namespace staa::data
