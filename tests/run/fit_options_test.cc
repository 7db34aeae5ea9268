#include "staa/run/fit_options.h"

#include <gtest/gtest.h>

namespace staa::run {
namespace {

TEST(FitOptions, ScaleTheLossInFp16AndWhereTheRecipeSaysSo) {
  recipe::Recipe recipe;
  recipe.execution.precision = Precision::kFp32;
  EXPECT_EQ(fit_options(recipe).loss_scale, 0);
  recipe.execution.precision = Precision::kFp16;
  EXPECT_EQ(fit_options(recipe).loss_scale, train::LossScale::kFirst);
  recipe.train.loss_scale = 128;
  EXPECT_EQ(fit_options(recipe).loss_scale, 128);
  recipe.execution.precision = Precision::kFp32;
  EXPECT_EQ(fit_options(recipe).loss_scale, 128);
}

std::vector<std::string> described(const recipe::Recipe& recipe) {
  std::vector<std::string> lines;
  for (const auto& [epoch, phase] : phases(recipe)) {
    lines.push_back(std::to_string(epoch) + ": " + train::describe(phase));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Phases, EndAtTheNetworkThatTheRecipeAsksFor) {
  recipe::Recipe recipe;
  recipe.model.steps = 4;
  EXPECT_EQ(described(recipe), (Lines{"0: T = 4"}));
  recipe.train.relu_epochs = 3;
  EXPECT_EQ(described(recipe), (Lines{"0: ReLU, T = 1", "3: T = 4"}));
  recipe.train.steps = {{0, 1}, {5, 2}, {7, 4}};
  EXPECT_EQ(described(recipe), (Lines{"0: ReLU, T = 1", "3: T = 1", "5: T = 2", "7: T = 4"}));
  recipe.train.relu_epochs = 6;
  EXPECT_EQ(described(recipe), (Lines{"0: ReLU, T = 1", "6: T = 2", "7: T = 4"}));
}

TEST(Phases, OfRecordingsShowAllFrames) {
  recipe::Recipe recipe;
  recipe.data.set = "n-mnist";
  recipe.model.steps = 4;
  recipe.train.relu_epochs = 3;
  EXPECT_EQ(described(recipe), (Lines{"0: ReLU, T = 4", "3: T = 4"}));
}

}  // namespace
}  // namespace staa::run
