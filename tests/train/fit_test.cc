// fit() with networks and data sets that are not part of staa.
#include "staa/train/fit.h"

#include <ATen/Parallel.h>
#include <torch/data/datasets/base.h>
#include <torch/data/datasets/mnist.h>
#include <torch/data/example.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "staa/format/safetensors.h"
#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/train/statistics.h"
#include "support/support.h"

namespace staa::train {
namespace {

using test::expect_error;
using test::TempFolder;

/// Vectors that are scattered around one of two centres.
class Blobs {
 public:
  explicit Blobs(std::int64_t size, std::vector<std::int64_t> shape = {4})
      : size_(size), shape_(std::move(shape)) {}

  std::int64_t size() const { return size_; }
  Sample get(std::int64_t index, Random& random) const {
    auto input = torch::empty(shape_);
    auto* values = input.data_ptr<float>();
    const auto label = index % 2;
    for (std::int64_t i = 0; i < input.numel(); ++i) {
      values[i] = static_cast<float>(random.normal() + (label == 0 ? 1 : -1));
    }
    return {input, label};
  }

 private:
  std::int64_t size_;
  std::vector<std::int64_t> shape_;
};

/// A LibTorch dataset.
class TorchSet : public torch::data::datasets::Dataset<TorchSet> {
 public:
  torch::data::Example<> get(std::size_t index) override {
    const auto label = static_cast<std::int64_t>(index % 2);
    return {torch::full({4}, label == 0 ? 1.0F : -1.0F), torch::tensor(label)};
  }
  decltype(std::declval<const torch::data::datasets::MNIST&>().size()) size() const override {
    return 24;
  }
};

torch::nn::Sequential perceptron(std::int64_t classes = 2) {
  return torch::nn::Sequential(torch::nn::Linear(4, 8), torch::nn::BatchNorm1d(8),
                               torch::nn::ReLU(), torch::nn::Linear(8, classes));
}

FitOptions tiny_options() {
  FitOptions options;
  options.epochs = 3;
  options.batch = 16;
  options.seed = 7;
  return options;
}

std::vector<torch::Tensor> state_of(const torch::nn::Module& module) {
  auto state = module.parameters();
  for (const auto& buffer : module.buffers()) state.push_back(buffer);
  return state;
}

void expect_same(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto first = state_of(a);
  const auto second = state_of(b);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(first[i].equal(second[i])) << i;
}

TEST(Fit, TrainsAnyModuleOnAnyData) {
  torch::manual_seed(1);
  std::vector<std::int64_t> epochs;
  std::int64_t steps = 0;
  Callbacks callbacks;
  callbacks.step = [&](const StepReport& report) {
    EXPECT_EQ(report.progress.step, ++steps);
    EXPECT_EQ(report.batches, 6);
    EXPECT_TRUE(report.taken);
  };
  callbacks.epoch = [&](const EpochReport& report) { epochs.push_back(report.epoch); };
  const auto result = fit(perceptron(), std::make_shared<Blobs>(96), std::make_shared<Blobs>(40),
                          tiny_options(), callbacks);
  EXPECT_EQ(epochs, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(result.progress.step, 18);
  EXPECT_EQ(result.last.samples, 40);
  EXPECT_GT(result.last.top1, 80);
  EXPECT_EQ(result.stop, 0);
}

TEST(Fit, TakesADatasetOfLibTorch) {
  torch::manual_seed(1);
  const auto result =
      fit(perceptron(), std::make_shared<TorchSet>(), std::make_shared<TorchSet>(), tiny_options());
  EXPECT_EQ(result.last.samples, 24);
  EXPECT_EQ(result.last.top1, 100);
}

TEST(Fit, GivesInputsOfEveryKindTheirShape) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{4}, {3, 4}, {2, 5, 6}, {3, 2, 5, 6}}) {
    auto body = torch::nn::Linear(2, 2);
    auto expected = shape;
    expected.insert(expected.begin() + (shape.size() % 2 == 0 ? 1 : 0), 16);  // after T
    const Classifier network(body.ptr(), [&](const torch::Tensor& x) {
      EXPECT_EQ(x.sizes(), expected);
      const auto batch = x.size(shape.size() % 2 == 0 ? 1 : 0);
      return body->forward(torch::zeros({batch, 2}) + x.mean());
    });
    auto options = tiny_options();
    options.epochs = 1;
    fit(network, std::make_shared<Blobs>(32, shape), std::make_shared<Blobs>(16, shape), options);
  }
}

TEST(Fit, TurnsPixelsTheRightWay) {
  /// Sample 0 holds 0, 1, 2, ... in [C, H, W] order.
  struct Counting {
    std::int64_t size() const { return 1; }
    Sample get(std::int64_t) const {
      return {torch::arange(2 * 3 * 4, torch::kFloat).view({2, 3, 4}), 0};
    }
  };
  auto body = torch::nn::Linear(1, 2);
  const Classifier network(body.ptr(), [&](const torch::Tensor& x) {
    EXPECT_TRUE(x[0].equal(torch::arange(2 * 3 * 4, torch::kFloat).view({2, 3, 4})));
    return body->forward(x.mean({1, 2, 3}).unsqueeze(1));
  });
  auto options = tiny_options();
  options.epochs = 1;
  fit(network, std::make_shared<Counting>(), std::make_shared<Counting>(), options);
}

TEST(Fit, AStoppedOneGoesOnToTheBit) {
  TempFolder folder;
  auto options = tiny_options();
  options.optimizer.kind = OptimizerKind::kAdamW;
  options.optimizer.lr = 0.01;
  options.mixup = 0.3;
  options.ema = 0.8;
  options.metadata = {{"of", "blobs"}};
  const auto data = std::make_shared<Blobs>(96);
  const auto test = std::make_shared<Blobs>(40);
  torch::set_num_threads(1);
  torch::manual_seed(2);
  const auto whole = perceptron();
  options.checkpoint = folder / "whole.safetensors";
  fit(whole, data, test, options);

  options.checkpoint = folder / "parts.safetensors";
  torch::nn::Sequential parts = nullptr;
  for (const std::int64_t until : {2, 6, 11, 100}) {
    torch::manual_seed(until == 2 ? 2 : 99);
    parts = perceptron();
    std::int64_t now = 0;
    Callbacks callbacks;
    callbacks.step = [&](const StepReport& report) { now = report.progress.step; };
    callbacks.stop = [&] { return now >= until ? 5 : 0; };
    const auto result = fit(parts, data, test, options, callbacks);
    EXPECT_EQ(result.stop, until == 100 ? 0 : 5);
    options.resume = true;
  }
  expect_same(*whole, *parts);
  EXPECT_EQ(load_metadata(options.checkpoint, {"of"}).at("of"), "blobs");
}

TEST(Fit, LeavesAveragedWeightsWhereTheyAreWanted) {
  TempFolder folder;
  auto options = tiny_options();
  options.ema = 0.9;
  options.checkpoint = folder / "a.safetensors";
  torch::manual_seed(3);
  const auto network = perceptron();
  fit(network, std::make_shared<Blobs>(96), std::make_shared<Blobs>(40), options);
  auto loaded = perceptron();
  load_weights(options.checkpoint, *loaded);
  expect_same(*network, *loaded);
}

TEST(Fit, PhasesReachTheNeuronsOfAnyNetwork) {
  NeuronOptions neuron;
  neuron.threshold = 0.3;
  torch::manual_seed(4);
  torch::nn::Sequential body(nn::ConvNeuron(nn::ConvShape{1, 4}, neuron, 2), nn::Head(4, 2));
  std::vector<std::string> seen;
  const Classifier network(body.ptr(), [&](const torch::Tensor& x) {
    const auto values = body->ptr(0)->as<nn::ConvNeuronImpl>()->forward(x.unsqueeze(0));
    const bool spikes = values.eq(0).logical_or(values.eq(1)).all().item<bool>();
    const auto what = std::to_string(values.size(0)) + (spikes ? " spikes" : " relu");
    if (body->is_training() && (seen.empty() || seen.back() != what)) seen.push_back(what);
    return body->forward(x.unsqueeze(0));
  });
  auto options = tiny_options();
  options.phases = {{0, {1, Activation::kRelu}}, {1, {1}}, {2, {2}}};
  std::vector<bool> last;
  Callbacks callbacks;
  double epochs_left = 0;  // after the last step of the last epoch at T = 1
  callbacks.step = [&](const StepReport& report) {
    if (report.epoch == 2) epochs_left = report.seconds_left * report.images_per_s / 32;
  };
  callbacks.epoch = [&](const EpochReport& report) { last.push_back(report.last_phase); };
  const auto result =
      fit(network, std::make_shared<Blobs>(32, std::vector<std::int64_t>{1, 6, 6}),
          std::make_shared<Blobs>(16, std::vector<std::int64_t>{1, 6, 6}), options, callbacks);
  EXPECT_EQ(seen, (std::vector<std::string>{"1 relu", "1 spikes", "2 spikes"}));
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
  EXPECT_NEAR(epochs_left, 2, 1e-9);  // an epoch of twice the time steps
  EXPECT_EQ(result.progress.best_epoch, 3);
}

TEST(EstimateStatistics, TakesTheMeanOverBatchesInEveryKindOfNorm) {
  torch::manual_seed(5);
  for (const auto& sizes : {std::vector<std::int64_t>{8, 3}, {8, 3, 4, 4}, {8, 3, 2, 4, 4}}) {
    torch::nn::Sequential network;
    if (sizes.size() == 2) network->push_back(torch::nn::BatchNorm1d(3));
    if (sizes.size() == 4) network->push_back(torch::nn::BatchNorm2d(3));
    if (sizes.size() == 5) network->push_back(torch::nn::BatchNorm3d(3));
    const auto first = torch::randn(sizes) + 1;
    const auto second = torch::randn(sizes) + 3;
    estimate_statistics(*network, [&](int batch) {
      if (batch < 2) network->forward(batch == 0 ? first : second);
      return batch < 2;
    });
    const auto mean = torch::cat({first, second}).transpose(0, 1).flatten(1).mean(1);
    EXPECT_TRUE(torch::allclose(network->named_buffers()["0.running_mean"], mean, 1e-5, 1e-5));
    EXPECT_EQ(network->named_buffers()["0.num_batches_tracked"].item<std::int64_t>(), 0);
  }
}

TEST(Fit, SaysWhatIsWrong) {
  const auto data = std::make_shared<Blobs>(32);
  auto options = tiny_options();
  expect_error(ErrorKind::kInput, {"label 1", "expected 0 to 0", "1 outputs"},
               [&] { fit(perceptron(1), data, data, options); });
  auto body = torch::nn::Linear(4, 2);
  const Classifier flat(body.ptr(),
                        [&](const torch::Tensor& x) { return body->forward(x).flatten(); });
  expect_error(ErrorKind::kRuntime, {"[T, B, K] or [B, K]", "[32]"},
               [&] { fit(flat, data, data, options); });
  options.epochs = 0;
  expect_error(ErrorKind::kUsage, {"epochs", "at least 1", "0"},
               [&] { fit(perceptron(), data, data, options); });
  options = tiny_options();
  options.resume = true;
  expect_error(ErrorKind::kUsage, {"resume", "checkpoint"},
               [&] { fit(perceptron(), data, data, options); });
  options = tiny_options();
  options.phases = {{1, {}}};
  expect_error(ErrorKind::kUsage, {"phases", "rising order"},
               [&] { fit(perceptron(), data, data, options); });
  expect_error(ErrorKind::kInput, {"at least one sample"},
               [&] { fit(perceptron(), std::make_shared<Blobs>(0), data, tiny_options()); });
  /// The second sample has another shape.
  struct Uneven {
    std::int64_t size() const { return 2; }
    Sample get(std::int64_t index) const { return {torch::zeros({4 + index}), index}; }
  };
  expect_error(ErrorKind::kInput, {"sample 1", "[4]", "[5]"},
               [&] { fit(perceptron(), std::make_shared<Uneven>(), data, tiny_options()); });
}

TEST(Fit, ALossThatIsNotFiniteEndsItWithItsPlace) {
  auto options = tiny_options();
  options.optimizer.lr = 1e30;
  expect_error(ErrorKind::kRuntime, {"epoch 1, batch", "not finite"}, [&] {
    fit(perceptron(), std::make_shared<Blobs>(96), std::make_shared<Blobs>(16), options);
  });
}

TEST(ParameterClasses, KnowNetworksThatAreNotStaas) {
  const torch::nn::Sequential network(torch::nn::Conv1d(1, 4, 3), torch::nn::GroupNorm(2, 4),
                                      torch::nn::Linear(4, 8), torch::nn::Linear(8, 2));
  OptimizerOptions options;
  options.kind = OptimizerKind::kMuon;
  options.convolution.lr = 2;
  options.head.lr = 3;
  options.norm_scale.lr = 5;
  options.norm_shift.lr = 7;
  const auto groups = group_parameters(*network, options);
  const auto rate = [&](const std::string& name) {
    for (const auto& group : groups) {
      for (const auto& own : group.names) {
        if (own == name) return group.lr / (group.algorithm == Algorithm::kMuon ? 0.1 : 0.02);
      }
    }
    return -1.0;
  };
  EXPECT_NEAR(rate("0.weight"), 2, 1e-12);
  EXPECT_NEAR(rate("0.bias"), 7, 1e-12);
  EXPECT_NEAR(rate("1.weight"), 5, 1e-12);
  EXPECT_NEAR(rate("1.bias"), 7, 1e-12);
  EXPECT_NEAR(rate("2.weight"), 2, 1e-12);
  EXPECT_NEAR(rate("3.weight"), 3, 1e-12);
  EXPECT_NEAR(rate("3.bias"), 3, 1e-12);
}

}  // namespace
}  // namespace staa::train
