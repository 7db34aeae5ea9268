#include <chrono>

#include "run/compare_runs.h"
#include "run/tiny_run.h"
#include "staa/run/train.h"
#include "staa/run/trained.h"

namespace staa::run {
namespace {

using test::expect_same_checkpoint;
using test::read_metrics;
using test::TempFolder;
using test::tiny_recipe;

class Resume : public ::testing::Test {
 protected:
  Resume() {
    test::write_tiny_mnist(folder_ / "data", 96, 40);  // 6 steps per epoch
    recipe_ = tiny_recipe(folder_ / "data");
    recipe_.data.workers = 0;
  }

  TrainResult run(const std::string& name = "run", bool resume = false) {
    return train({recipe_, folder_ / name, resume, /*quiet=*/true, /*keep_going=*/{}});
  }
  TrainResult resume(const std::string& name = "run") { return run(name, true); }
  recipe::Recipe stored(const std::string& name = "run") const {
    return recipe::load_recipe(RunFolder(folder_ / name).recipe());
  }

  TempFolder folder_;
  recipe::Recipe recipe_;
};

TEST_F(Resume, WhatMayBeChangedIsKeptForTheNextStart) {
  run();
  recipe_.train.epochs = 3;
  recipe_.train.checkpoint_steps = 4;
  recipe_.train.checkpoint_minutes = 7;
  recipe_.train.on_nan = train::OnNan::kSkip;
  recipe_.data.workers = 2;
  resume();
  EXPECT_EQ(recipe::to_toml(stored()), recipe::to_toml(recipe_));
  EXPECT_EQ(read_metrics(folder_ / "run").size(), 3U);
}

TEST_F(Resume, DataThatHaveMovedAreFoundByReadersOfTheBestWeights) {
  run();
  std::filesystem::rename(folder_ / "data", folder_ / "moved");
  recipe_.data.path = (folder_ / "moved").string();
  resume();  // nothing is left to train, and no weights are saved again
  for (const auto* which : {"best", "last"}) {
    EXPECT_EQ(open_trained(folder_ / "run", which).recipe.data.path, recipe_.data.path) << which;
  }
  // A recipe for other weights must not be used for these.
  auto other = recipe_;
  other.neuron.threshold = 0.9;
  test::write_bytes(RunFolder(folder_ / "run").recipe(), recipe::to_toml(other));
  EXPECT_EQ(open_trained(folder_ / "run", "best").recipe.neuron.threshold,
            recipe_.neuron.threshold);
}

TEST_F(Resume, AFinishedRunReportsItsFiguresAgain) {
  const auto first = run();
  const auto again = resume();
  EXPECT_GT(again.last.samples, 0);
  EXPECT_EQ(again.last.top1, first.last.top1);
  EXPECT_EQ(again.last.loss, first.last.loss);
  EXPECT_EQ(read_metrics(folder_ / "run").size(), 2U);
}

TEST_F(Resume, AStepLimitWithinAnEpochThatIsLiftedLeavesTheWholeRun) {
  run("whole");
  for (const std::int64_t steps : {2, 6, 9, 0}) {
    recipe_.train.max_steps = steps;
    const auto result = run("parts", /*resume=*/steps != 2);
    if (steps > 0) {
      EXPECT_EQ(result.progress.step, steps);
      EXPECT_EQ(result.progress.epoch, steps / 6);
      EXPECT_GT(result.last.samples, 0);
      // The interrupted epoch also has a row of metrics until it is trained to its end.
      EXPECT_EQ(read_metrics(folder_ / "parts").size(), steps > 6 ? 2U : 1U);
    }
  }
  expect_same_checkpoint(folder_ / "whole" / "last.safetensors",
                         folder_ / "parts" / "last.safetensors");
  const auto parts = read_metrics(folder_ / "parts");
  ASSERT_EQ(parts.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto* key : {"train_loss", "train_top1", "test_loss", "test_top1"}) {
      EXPECT_EQ(parts[i].at(key), read_metrics(folder_ / "whole")[i].at(key)) << key;
    }
  }
}

TEST_F(Resume, TheSameStepLimitAgainChangesNothing) {
  recipe_.train.max_steps = 8;
  const auto first = run();
  const auto rows = read_metrics(folder_ / "run");
  const auto again = resume();
  EXPECT_EQ(again.last.top1, first.last.top1);
  EXPECT_EQ(read_metrics(folder_ / "run"), rows);
}

TEST_F(Resume, ACheckpointThatCannotBeResumedLeavesTheFolderAsItIs) {
  run();
  const RunFolder files(folder_ / "run");
  std::filesystem::copy_file(files.best(), files.last(),
                             std::filesystem::copy_options::overwrite_existing);
  const auto kept = [&] {
    return read_text_file(files.metrics()) + read_text_file(files.recipe());
  };
  const auto before = kept();
  recipe_.train.epochs += 1;
  test::expect_error(ErrorKind::kInput, {"last.safetensors", "random/cpu"}, [&] { resume(); });
  EXPECT_EQ(kept(), before);
}

}  // namespace
}  // namespace staa::run
