#include "staa/run/description.h"

#include <torch/nn/modules/linear.h>

#include "staa/util/file.h"
#include "support/support.h"

namespace staa::run {
namespace {

using test::expect_error;
using test::TempFolder;

RunDescription description() {
  return {"seed = 1\n", {{2, 3, 32, 48}, {"cat", "dog"}, {{0.5F, 0.4F}, {0.2F, 0.25F}}}};
}

TEST(Description, ComesBackFromAFileOfWeights) {
  const TempFolder folder;
  const auto path = folder / "a.safetensors";
  const torch::nn::Linear layer(2, 2);
  train::save_weights(path, *layer, {}, to_metadata(description()));
  const auto read = load_description(path);
  EXPECT_EQ(read.recipe, description().recipe);
  EXPECT_EQ(read.input.shape, description().input.shape);
  EXPECT_EQ(read.input.classes, description().input.classes);
  EXPECT_EQ(read.input.normalisation.mean, description().input.normalisation.mean);
  EXPECT_EQ(read.input.normalisation.stddev, description().input.normalisation.stddev);
}

TEST(Description, IsAskedForByName) {
  const TempFolder folder;
  const auto path = folder / "a.safetensors";
  const torch::nn::Linear layer(2, 2);
  train::save_weights(path, *layer, {});
  expect_error(ErrorKind::kInput, {"a.safetensors", "not a checkpoint of staa", "staa."},
               [&] { load_description(path); });
  train::save_weights(path, *layer, {}, {{"staa.recipe", ""}, {"staa.input", "{}"}});
  expect_error(ErrorKind::kInput, {"a.safetensors", "'staa.input' cannot be read"},
               [&] { load_description(path); });
}

}  // namespace
}  // namespace staa::run
