// Training on samples other than still images of one size: photographs and event frames.

#include "data/event_fixtures.h"
#include "run/compare_runs.h"
#include "run/tiny_run.h"
#include "staa/data/codecs/png.h"
#include "staa/run/train.h"
#include "staa/util/file.h"

namespace staa::run {
namespace {

using test::expect_error;
using test::read_metrics;
using test::TempFolder;
using test::train_quietly;

/// Writes train/ and val/ with two classes of six photographs; one training photograph is
/// truncated.
void write_photos(const TempFolder& root) {
  for (const std::string half : {"train", "val"}) {
    for (const std::string label : {"a", "b"}) {
      for (int i = 0; i < 6; ++i) {
        const auto path = root.path() / half / label / (std::to_string(i) + ".png");
        const std::vector<std::uint8_t> pixels(20 * 24 * 3, label == "a" ? 40 : 200);
        std::filesystem::create_directories(path.parent_path());
        data::write_png(path, {3, 20, 24}, pixels.data());
      }
    }
  }
  const auto path = root / "train/b/3.png";
  const auto whole = read_text_file(path);
  test::write_bytes(path, whole.substr(0, whole.size() / 2));
}

recipe::Recipe photo_recipe(const TempFolder& root) {
  auto recipe = test::tiny_recipe(root.path());
  recipe.data.set = "image-folder";
  recipe.augment = {};
  recipe.augment.random_resized_crop = 16;
  recipe.train.batch = 4;
  return recipe;
}

TEST(Photographs, ACorruptOneIsLeftOutNamedOnceAndCounted) {
  const TempFolder root;
  write_photos(root);
  auto recipe = photo_recipe(root);
  recipe.data.corrupt = recipe::Corrupt::kSkip;
  const auto result = train_quietly(recipe, root / "run");
  EXPECT_EQ(result.last.samples, 12);
  const auto rows = read_metrics(root / "run");
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("skipped_train"), 1);
    EXPECT_EQ(row.at("skipped_test"), 0);
  }
  const auto log = read_text_file(RunFolder(root / "run").log());
  const auto name = (root / "train/b/3.png").string();
  const auto first = log.find(name);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(name, first + 1), std::string::npos) << log;
}

TEST(Photographs, ACorruptOneEndsARunThatRefusesIt) {
  const TempFolder root;
  write_photos(root);
  expect_error(ErrorKind::kInput, {(root / "train/b/3.png").string(), "PNG"},
               [&] { train_quietly(photo_recipe(root), root / "run"); });
}

TEST(EventFrames, MixupMixesSamplesAndNotTimeSteps) {
  const TempFolder root;
  data::write_tiny_n_mnist(root / "data", 16, 10);
  auto recipe = test::tiny_recipe(root / "data");
  recipe.data.set = "n-mnist";
  recipe.data.allow_partial = true;
  recipe.data.cache = "none";
  recipe.augment = {};
  recipe.augment.mixup = 0.5;
  recipe.model.steps = 2;  // fewer than samples: a sample's index may be no valid time step
  recipe.train.batch = 8;
  recipe.train.epochs = 1;
  EXPECT_TRUE(std::isfinite(train_quietly(recipe, root / "mixed").last.loss));
  train_quietly(recipe, root / "again");
  EXPECT_EQ(read_metrics(root / "mixed"), read_metrics(root / "again"));
  recipe.augment.mixup = 0;
  train_quietly(recipe, root / "plain");
  EXPECT_NE(read_metrics(root / "mixed").at(0).at("train_loss"),
            read_metrics(root / "plain").at(0).at("train_loss"));
}

}  // namespace
}  // namespace staa::run
