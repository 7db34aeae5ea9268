#include "staa/data/sets/convert.h"

#include "data/fixtures.h"
#include "staa/data/codecs/png.h"
#include "staa/data/sets/cifar.h"
#include "staa/data/sets/image_folder.h"

namespace staa::data {
namespace {

TEST(Convert, GivesTheSameSetsInTheOtherFormat) {
  const test::TempFolder folder;
  const ImageShape shape{3, 8, 6};
  std::uint64_t seed = 0;
  for (const char* name : {"train/x/1.png", "train/x/2.png", "train/y/1.png", "train/z/1.png",
                           "test/x/1.png", "test/y/1.png", "test/z/1.png"}) {
    const auto path = folder / "in" / name;
    std::filesystem::create_directories(path.parent_path());
    write_png(path, shape, random_image(shape, ++seed).pixels.data());
  }
  const auto summary = convert_image_folder(folder / "in", folder / "out");
  EXPECT_EQ(summary.train_images, 4);
  EXPECT_EQ(summary.test_images, 3);
  EXPECT_TRUE(summary.shape == shape);
  EXPECT_EQ(summary.classes, (std::vector<std::string>{"x", "y", "z"}));

  const auto before = read_image_folder(folder / "in");
  const auto after = read_cifar10(folder / "out");
  expect_same(*after.train, *before.train);
  expect_same(*after.test, *before.test);
}

}  // namespace
}  // namespace staa::data
