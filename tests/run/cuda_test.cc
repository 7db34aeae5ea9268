// Compares training on a CUDA device with training on the CPU.

#include <torch/cuda.h>

#include <cmath>

#include "run/compare_runs.h"
#include "run/tiny_run.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/run/device.h"
#include "staa/run/train.h"
#include "staa/train/feed.h"

namespace staa::run {
namespace {

using test::TempFolder;

class CudaTraining : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) {
      GTEST_SKIP() << "no usable CUDA device, or LibTorch without CUDA";
    }
    test::write_tiny_mnist(folder_ / "data", 320, 100);
  }

  recipe::Recipe recipe_on(recipe::Device device) const {
    auto recipe = test::tiny_recipe(folder_ / "data");
    recipe.device = device;
    recipe.augment = {};
    recipe.neuron.threshold = 0.5;
    recipe.model.width = 0.125;
    recipe.optimizer.kind = train::OptimizerKind::kAdamW;
    recipe.optimizer.lr = 0.01;
    return recipe;
  }

  TrainResult run(const recipe::Recipe& recipe, const std::string& name, bool resume = false) {
    return train({recipe, folder_ / name, resume, /*quiet=*/true, /*keep_going=*/{}});
  }

  TempFolder folder_;
};

/// Only the first step is compared: later ones may differ if a membrane is within rounding error of
/// its threshold.
TEST_F(CudaTraining, TheFirstStepIsThatOfTheProcessor) {
  std::vector<double> losses;
  for (const auto device : {recipe::Device::kCpu, recipe::Device::kCuda}) {
    auto recipe = recipe_on(device);
    recipe.train.max_steps = 1;
    const auto name = device == recipe::Device::kCpu ? "cpu" : "cuda";
    run(recipe, name);
    losses.push_back(test::read_metrics(folder_ / name).at(0).at("train_loss").get<double>());
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-2 * losses[0]);
}

TEST_F(CudaTraining, LearnsInEveryPrecision) {
  for (const auto& [precision, name] : {std::pair<Precision, const char*>{Precision::kFp32, "fp32"},
                                        {Precision::kBf16, "bf16"},
                                        {Precision::kFp16, "fp16"}}) {
    auto recipe = recipe_on(recipe::Device::kCuda);
    recipe.execution.precision = precision;
    recipe.train.epochs = 6;
    const auto result = run(recipe, name);
    EXPECT_GT(result.progress.best_top1, 60.0) << name;
    if (precision == Precision::kFp16) {
      EXPECT_GT(result.progress.loss_scale.steps, 0);
    }
  }
}

TEST_F(CudaTraining, TheSeedDecidesTheRun) {
  for (const auto precision : {Precision::kFp32, Precision::kBf16}) {
    auto recipe = recipe_on(recipe::Device::kCuda);
    recipe.execution.precision = precision;
    const auto name = std::to_string(static_cast<int>(precision));
    run(recipe, "once" + name);
    run(recipe, "again" + name);
    test::expect_same_checkpoint(folder_ / ("once" + name) / "last.safetensors",
                                 folder_ / ("again" + name) / "last.safetensors");
  }
}

TEST_F(CudaTraining, AResumedRunGoesOn) {
  auto recipe = recipe_on(recipe::Device::kCuda);
  recipe.execution.precision = Precision::kFp16;
  TrainRequest request{recipe, folder_ / "run", /*resume=*/false, /*quiet=*/true, {}};
  request.keep_going = [](const train::Progress& progress) { return progress.step < 7; };
  EXPECT_TRUE(train(request).stopped);
  const auto result = run(recipe, "run", /*resume=*/true);
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(result.progress.epoch, 2);
}

TEST_F(CudaTraining, BatchesArriveWhole) {
  const auto recipe = recipe_on(recipe::Device::kCuda);
  const auto sources = inputs::open_data(recipe);
  const auto loader = inputs::training_loader(sources.train, recipe);
  const auto expected = inputs::training_loader(sources.train, recipe);
  const auto device = choose_device(recipe);
  train::Feed feed(*loader, device);
  for (const std::int64_t epoch : {0, 1}) {
    feed.start(epoch);
    expected->start(epoch);
    std::int64_t batches = 0;
    for (auto found = feed.next(); found; found = feed.next(), ++batches) {
      const auto wanted =
          train::to_tensors(std::move(*expected->next()), sources.input.shape, torch::kCPU);
      EXPECT_TRUE(found->tensors.inputs[0].is_contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(found->tensors.inputs.cpu().equal(wanted.inputs));
      EXPECT_TRUE(found->tensors.labels.cpu().equal(wanted.labels));
    }
    EXPECT_EQ(batches, loader->batches());
  }
}

}  // namespace
}  // namespace staa::run
