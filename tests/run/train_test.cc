#include "staa/run/train.h"

#include "run/compare_runs.h"
#include "run/tiny_run.h"
#include "staa/tensorboard/events.h"
#include "staa/util/file.h"

namespace staa::run {
namespace {

using test::expect_error;
using test::expect_same_checkpoint;
using test::expect_same_tensors;
using test::read_metrics;
using test::read_parameters;
using test::TempFolder;
using test::tiny_recipe;
using test::train_quietly;

TEST(Trainer, LearnsAndLeavesAWholeRunFolder) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 320, 100);
  auto recipe = tiny_recipe(folder / "data");
  recipe.augment = {};
  recipe.neuron.threshold = 0.5;
  recipe.neuron.tsrd = 0.1;
  recipe.model.width = 0.125;
  recipe.train.epochs = 6;
  recipe.optimizer.kind = train::OptimizerKind::kAdamW;
  recipe.optimizer.lr = 0.01;
  const auto result = train_quietly(recipe, folder / "run");
  EXPECT_EQ(result.progress.epoch, 6);
  EXPECT_EQ(result.last.samples, 100);
  EXPECT_GT(result.progress.best_top1, 60.0);
  const RunFolder files(folder / "run");
  for (const auto& path : {files.recipe(), files.log(), files.metrics(), files.environment(),
                           files.last(), files.best()}) {
    EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
  EXPECT_EQ(read_metrics(folder / "run").size(), 6U);
  EXPECT_EQ(recipe::to_toml(recipe::load_recipe(files.recipe())), recipe::to_toml(recipe));
}

TEST(Trainer, AStoppedAndResumedRunIsBitForBitTheWholeRun) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 96, 40);
  auto recipe = tiny_recipe(folder / "data");
  train_quietly(recipe, folder / "whole");

  // With 6 steps per epoch, this stops in the middle of the first epoch, at its end, and twice in
  // the second.
  recipe.data.workers = 0;
  const std::vector<std::int64_t> stops{1, 4, 6, 7, 11};
  for (std::size_t i = 0; i <= stops.size(); ++i) {
    TrainRequest request{recipe, folder / "parts", /*resume=*/i > 0, /*quiet=*/true, {}};
    if (i < stops.size()) {
      request.keep_going = [&](const train::Progress& progress) {
        return progress.step < stops[i];
      };
    }
    const auto result = train(request);
    EXPECT_EQ(result.stopped, i < stops.size());
    if (result.stopped) {
      EXPECT_EQ(result.progress.step, stops[i]);
    }
  }
  expect_same_checkpoint(folder / "whole" / "last.safetensors",
                         folder / "parts" / "last.safetensors");
  EXPECT_EQ(read_metrics(folder / "whole"), read_metrics(folder / "parts"));
}

/// Phases of ReLU, of spikes at T = 1 and of spikes at T = 2, with averaged weights, a teacher and
/// Muon, stopped at many places.
TEST(Trainer, ARunOfManyPhasesResumesBitForBit) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 96, 40);
  auto recipe = tiny_recipe(folder / "data");
  recipe.model.network = "vgg7";
  recipe.model.steps = 2;
  recipe.model.whitening = true;
  recipe.model.shortcut = CurrentShortcut::kCurrent;
  recipe.augment.flip_alternate = true;
  recipe.train.epochs = 4;
  recipe.train.relu_epochs = 1;
  recipe.train.steps = {{0, 1}, {2, 2}};
  recipe.train.ema = 0.9;
  recipe.train.distill = 0.5;
  recipe.schedule.restart = true;
  recipe.optimizer.kind = train::OptimizerKind::kMuon;
  train_quietly(recipe, folder / "whole");
  const auto rows = read_metrics(folder / "whole");
  ASSERT_EQ(rows.size(), 4U);
  const std::vector<std::pair<std::string, int>> phases{
      {"relu", 1}, {"spike", 1}, {"spike", 2}, {"spike", 2}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("activation"), phases[i].first);
    EXPECT_EQ(rows[i].at("steps"), phases[i].second);
  }
  // Only the network of the last phase can be the best one.
  EXPECT_EQ(rows[1].at("best_epoch"), 0);
  EXPECT_GE(rows[3].at("best_epoch"), 3);

  const std::vector<std::int64_t> stops{3, 6, 8, 12, 13, 20};
  for (std::size_t i = 0; i <= stops.size(); ++i) {
    TrainRequest request{recipe, folder / "parts", /*resume=*/i > 0, /*quiet=*/true, {}};
    if (i < stops.size()) {
      request.keep_going = [&](const train::Progress& progress) {
        return progress.step < stops[i];
      };
    }
    EXPECT_EQ(train(request).stopped, i < stops.size());
  }
  expect_same_checkpoint(folder / "whole" / "last.safetensors",
                         folder / "parts" / "last.safetensors");
  expect_same_tensors(folder / "whole" / "best.safetensors", folder / "parts" / "best.safetensors");
  EXPECT_EQ(rows, read_metrics(folder / "parts"));
}

/// All scalars of a run's event files except the speed, by tag and step.
std::map<std::pair<std::string, std::int64_t>, double> read_scalars(
    const std::filesystem::path& run) {
  std::map<std::pair<std::string, std::int64_t>, double> scalars;
  for (const auto& file : tensorboard::event_files(run)) {
    tensorboard::EventReader reader(file);
    while (const auto event = reader.next()) {
      for (const auto& scalar : event->scalars) {
        if (scalar.tag == "images_per_s") continue;
        const bool is_new = scalars.insert({{scalar.tag, event->step}, scalar.value}).second;
        EXPECT_TRUE(is_new) << scalar.tag << " at step " << event->step << " stands there twice";
      }
    }
  }
  return scalars;
}

TEST(Trainer, EventFilesHoldTheMetrics) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 320, 20);
  auto recipe = tiny_recipe(folder / "data");
  train_quietly(recipe, folder / "run");
  auto scalars = read_scalars(folder / "run");
  for (const auto& row : read_metrics(folder / "run")) {
    const auto step = row.at("step").get<std::int64_t>();
    for (const auto& [tag, key] : {std::pair<const char*, const char*>{"loss/train", "train_loss"},
                                   {"loss/test", "test_loss"},
                                   {"accuracy/train", "train_top1"},
                                   {"accuracy/test", "test_top1"}}) {
      ASSERT_EQ(scalars.count({tag, step}), 1U) << tag;
      EXPECT_FLOAT_EQ(scalars[std::make_pair(tag, step)], row.at(key).get<float>()) << tag;
    }
    for (const char* layer : {"stem.0", "stages.3.1.conv2"}) {
      const auto rate = scalars.find({std::string("firing_rate/") + layer, step});
      ASSERT_NE(rate, scalars.end()) << layer;
      EXPECT_GE(rate->second, 0);
      EXPECT_LE(rate->second, 1);
    }
  }
  EXPECT_EQ(scalars.count({"loss/batch", 20}), 1U);
  EXPECT_EQ(scalars.count({"learning_rate", 40}), 1U);
}

TEST(Trainer, AResumedRunsEventsAreThoseOfTheWholeRun) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 320, 20);
  auto recipe = tiny_recipe(folder / "data");
  train_quietly(recipe, folder / "whole");
  // Killed at step 21 of 40, 3 steps after its last checkpoint: steps 19 to 21 are repeated.
  recipe.train.checkpoint_steps = 18;
  struct Killed {};
  TrainRequest request{recipe, folder / "parts", /*resume=*/false, /*quiet=*/true, {}};
  request.keep_going = [](const train::Progress& progress) {
    if (progress.step == 21) throw Killed();
    return true;
  };
  EXPECT_THROW(train(request), Killed);
  train_quietly(recipe, folder / "parts", /*resume=*/true);
  EXPECT_EQ(read_scalars(folder / "whole"), read_scalars(folder / "parts"));
  EXPECT_EQ(tensorboard::event_files(folder / "parts").size(), 2U);
}

TEST(Trainer, LeavesNoEventFilesWhereTheRecipeWantsNone) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 32, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  recipe.train.tensorboard = false;
  train_quietly(recipe, folder / "run");
  EXPECT_TRUE(tensorboard::event_files(folder / "run").empty());
}

TEST(Trainer, TheNumberOfWorkersDoesNotShow) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 20);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  recipe.data.workers = 0;
  train_quietly(recipe, folder / "none");
  recipe.data.workers = 3;
  train_quietly(recipe, folder / "three");
  const auto a = read_metrics(folder / "none");
  const auto b = read_metrics(folder / "three");
  EXPECT_EQ(a, b);
}

TEST(Trainer, TheSeedDecidesTheRun) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 20);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  train_quietly(recipe, folder / "a");
  train_quietly(recipe, folder / "again");
  recipe.seed = 2;
  train_quietly(recipe, folder / "b");
  expect_same_checkpoint(folder / "a" / "last.safetensors", folder / "again" / "last.safetensors");
  EXPECT_NE(read_metrics(folder / "a"), read_metrics(folder / "b"));
}

TEST(Trainer, RefusesToOverwriteARunAndToResumeNothing) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 32, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.max_steps = 1;
  train_quietly(recipe, folder / "run");
  expect_error(ErrorKind::kUsage, {"run", "already here", "--resume"},
               [&] { train_quietly(recipe, folder / "run"); });
  expect_error(ErrorKind::kUsage, {"empty", "nothing to resume"},
               [&] { train_quietly(recipe, folder / "empty", true); });
}

TEST(Trainer, ALossThatIsNotFiniteStopsTheRunAndKeepsTheCheckpoint) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.optimizer.lr = 1e30;
  recipe.schedule.kind = train::ScheduleKind::kConstant;
  recipe.train.checkpoint_steps = 1;
  // Whether the loss or a gradient overflows first depends on the processor.
  expect_error(ErrorKind::kRuntime, {"epoch 1, batch", "(step", "last checkpoint"},
               [&] { train_quietly(recipe, folder / "run"); });
  EXPECT_NO_THROW(format::SafetensorsReader(folder / "run" / "last.safetensors"));
}

TEST(Trainer, AStepWhoseLossIsNotFiniteCanBeLeftOut) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  // TET squares the distance from the threshold, which overflows a float.
  recipe.train.loss = train::LossKind::kTet;
  recipe.neuron.threshold = 1e30;
  expect_error(ErrorKind::kRuntime, {"epoch 1, batch 1 (step 1)", "the loss is inf"},
               [&] { train_quietly(recipe, folder / "stop"); });
  recipe.train.on_nan = train::OnNan::kSkip;
  const auto result = train_quietly(recipe, folder / "skip");
  EXPECT_EQ(result.progress.epoch, 1);
  EXPECT_EQ(result.progress.step, 4);
  const RunFolder files(folder / "skip");
  EXPECT_NE(read_text_file(files.log()).find("(step 4): the loss is inf; the step is left out"),
            std::string::npos);
  // Nothing may have changed: all buffers of running statistics still have their initial values.
  const format::SafetensorsReader reader(files.last());
  std::size_t means = 0;
  for (const auto& info : reader.tensors()) {
    if (info.name.find("running_mean") == std::string::npos) continue;
    ++means;
    const auto* values = reinterpret_cast<const float*>(reader.data(info));
    for (std::size_t i = 0; i < info.bytes / sizeof(float); ++i) EXPECT_EQ(values[i], 0.0F);
  }
  EXPECT_GT(means, 0U);
}

/// Powers of two scale every gradient without rounding.
TEST(Trainer, AScaledLossTrainsTheSameWeights) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  recipe.train.clip_norm = 0.5;
  train_quietly(recipe, folder / "plain");
  recipe.train.loss_scale = 256;
  const auto scaled = train_quietly(recipe, folder / "scaled");
  EXPECT_EQ(scaled.progress.loss_scale.value, 256);
  EXPECT_EQ(scaled.progress.loss_scale.steps, 4);
  expect_same_tensors(folder / "plain" / "last.safetensors",
                      folder / "scaled" / "last.safetensors");
}

/// Such a scaled loss overflows a float: the first steps only reduce the scale.
TEST(Trainer, StepsWhoseScaledGradientsOverflowAreLeftOut) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 320, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  recipe.train.loss_scale = 1e40;
  recipe.train.checkpoint_steps = 1;
  const RunFolder files(folder / "run");
  std::vector<std::map<std::string, std::string>> after;
  TrainRequest request{recipe, files.root(), /*resume=*/false, /*quiet=*/true, {}};
  request.keep_going = [&](const train::Progress& progress) {
    if (progress.step <= 2) {
      EXPECT_EQ(progress.loss_scale.value, progress.step == 1 ? 0.5e40 : 0.25e40);
      after.push_back(read_parameters(files.last()));
    }
    return true;
  };
  const auto result = train(request);
  ASSERT_EQ(after.size(), 2U);
  EXPECT_TRUE(after[0] == after[1]) << "a step that was left out has moved the weights";
  EXPECT_EQ(result.progress.step, 20);
  EXPECT_GT(result.progress.loss_scale.steps, 0);
  EXPECT_FALSE(read_parameters(files.last()) == after[0]);
  EXPECT_NE(read_text_file(files.log()).find("step 1: gradients are not finite, the weights stay"),
            std::string::npos);
}

TEST(Trainer, AResumedRunGoesOnWithItsLossScale) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 160, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.loss_scale = 1e40;
  train_quietly(recipe, folder / "whole");
  for (const std::int64_t stop : {3, 14, 0}) {
    TrainRequest request{recipe, folder / "parts", /*resume=*/stop != 3, /*quiet=*/true, {}};
    if (stop > 0) {
      request.keep_going = [stop](const train::Progress& progress) { return progress.step < stop; };
    }
    train(request);
  }
  expect_same_checkpoint(folder / "whole" / "last.safetensors",
                         folder / "parts" / "last.safetensors");
}

TEST(Trainer, GradientsBeyondTheLeastScaleEndTheRun) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 320, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.optimizer.lr = 1e30;
  recipe.schedule.kind = train::ScheduleKind::kConstant;
  recipe.train.loss_scale = 4;
  expect_error(ErrorKind::kRuntime, {"epoch 1, batch", "(step", "last checkpoint"},
               [&] { train_quietly(recipe, folder / "run"); });
}

TEST(Trainer, RefusesFp16OnACpu) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 32, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.execution.precision = Precision::kFp16;
  expect_error(ErrorKind::kUsage, {"fp16", "CUDA"}, [&] { train_quietly(recipe, folder / "run"); });
}

TEST(Trainer, ACheckpointIsMadeByTheClock) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  recipe.train.checkpoint_minutes = 1e-9;
  const RunFolder files(folder / "run");
  TrainRequest request{recipe, files.root(), /*resume=*/false, /*quiet=*/true, {}};
  request.keep_going = [&](const train::Progress& progress) {
    EXPECT_TRUE(std::filesystem::exists(files.last())) << progress.step;
    return true;
  };
  EXPECT_FALSE(train(request).stopped);
}

TEST(Trainer, ARunThatEndedBeforeItsFirstCheckpointBeginsAnew) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 64, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.epochs = 1;
  train_quietly(recipe, folder / "whole");
  train_quietly(recipe, folder / "parts");
  std::filesystem::remove(folder / "parts" / "last.safetensors");
  train_quietly(recipe, folder / "parts", /*resume=*/true);
  expect_same_checkpoint(folder / "whole" / "last.safetensors",
                         folder / "parts" / "last.safetensors");
  EXPECT_EQ(read_metrics(folder / "whole"), read_metrics(folder / "parts"));
}

TEST(Trainer, TetLossAndLabelSmoothingAndClippingRun) {
  TempFolder folder;
  test::write_tiny_mnist(folder / "data", 32, 10);
  auto recipe = tiny_recipe(folder / "data");
  recipe.train.loss = train::LossKind::kTet;
  recipe.train.label_smoothing = 0.1;
  recipe.train.clip_norm = 1;
  recipe.train.epochs = 1;
  EXPECT_TRUE(std::isfinite(train_quietly(recipe, folder / "run").last.loss));
}

}  // namespace
}  // namespace staa::run
