// Compares the runtime with the LibTorch network that its model was exported from.

#include "staa/deploy/export.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdlib>

#include "staa/data/input.h"
#include "staa/data/sets/open.h"
#include "staa/deploy/checked_export.h"
#include "staa/deploy/quantise.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/nn/whitening.h"
#include "staa/run/description.h"
#include "staa/run/network.h"
#include "staa/runtime/runtime.h"
#include "staa/train/batch.h"
#include "staa/util/file.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::deploy {
namespace {

constexpr std::uint64_t kSeed = 11;

data::InputDescription describe(std::int64_t channels, std::int64_t size, std::int64_t classes) {
  data::InputDescription input;
  input.shape = {1, channels, size, size};
  for (std::int64_t i = 0; i < classes; ++i) input.classes.push_back("class " + std::to_string(i));
  input.normalisation.mean.assign(static_cast<std::size_t>(channels), 0.4F);
  input.normalisation.stddev.assign(static_cast<std::size_t>(channels), 0.3F);
  return input;
}

/// All parameters are random, even those that start at 0 in training, and BatchNorm has seen data.
std::shared_ptr<models::Network> random_network(const models::NetworkOptions& options,
                                                std::int64_t size) {
  torch::manual_seed(kSeed);
  auto network = models::make_network(options);
  const torch::NoGradGuard no_grad;
  if (auto stem = network->whitening()) {
    stem->fit(torch::randn({50, options.in_channels, size, size}));
  }
  for (auto& item : network->named_parameters()) {
    const auto& name = item.key();
    if (name.find("neuron") == std::string::npos) continue;
    if (name.find("decay") != std::string::npos || name.find("gain") != std::string::npos) {
      item.value().uniform_(0.4, 0.9);
    } else if (name.find("norm.weight") == std::string::npos) {
      item.value().normal_(0, 0.05);
    }
  }
  network->train();
  for (int i = 0; i < 12; ++i) {
    network->forward(torch::randn({16, options.in_channels, size, size}));
  }
  network->eval();
  return network;
}

std::vector<std::uint8_t> random_image(const data::InputDescription& input, std::uint64_t index) {
  Random random{kSeed, index};
  std::vector<std::uint8_t> image(static_cast<std::size_t>(input.shape.values()));
  for (auto& byte : image) byte = static_cast<std::uint8_t>(random.below(256));
  return image;
}

torch::Tensor to_tensor(const std::vector<std::uint8_t>& image,
                        const data::InputDescription& input) {
  const auto& shape = input.shape;
  auto x = torch::empty({1, shape.channels, shape.height, shape.width});
  auto values = x.accessor<float, 4>();
  for (std::int64_t i = 0; i < shape.values(); ++i) {
    const auto c = i % shape.channels;
    const auto pixel = i / shape.channels;
    values[0][c][pixel / shape.width][pixel % shape.width] =
        (static_cast<float>(image[static_cast<std::size_t>(i)]) / 255.0F -
         input.normalisation.mean[static_cast<std::size_t>(c)]) /
        input.normalisation.stddev[static_cast<std::size_t>(c)];
  }
  return x;
}

torch::Tensor probabilities(models::Network& network, const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;
  return torch::softmax(network.forward(x).mean(0), 1)[0];
}

double difference(const runtime::Prediction& found, const torch::Tensor& expected) {
  const auto values = torch::tensor(found.probabilities);
  return (values - expected).abs().max().item<double>();
}

struct Case {
  const char* network;
  double width;
  NeuronKind neuron;
  PePlacement placement;
  std::int64_t size;
  CurrentShortcut shortcut = CurrentShortcut::kNone;
  bool whitening = false;
  SaGain sa_gain = SaGain::kInside;
  bool decay_input = true;
  Pooling pooling = Pooling::kAverage;
};

class ExportParity : public ::testing::TestWithParam<Case> {};

TEST_P(ExportParity, Fp32GivesTheNetworksOutputs) {
  const auto& param = GetParam();
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  models::NetworkOptions options;
  options.network = param.network;
  options.width = param.width;
  options.steps = 3;
  options.neuron.kind = param.neuron;
  options.neuron.pe_placement = param.placement;
  options.neuron.threshold = 0.5;
  options.neuron.sa_gain = param.sa_gain;
  options.neuron.decay_input = param.decay_input;
  options.shortcut = param.shortcut;
  options.whitening = param.whitening;
  options.pooling = param.pooling;
  options.head_scale = 0.5;
  options.residual_gain = 0.4;
  const auto input = describe(options.in_channels, param.size, options.classes);
  const auto network = random_network(options, param.size);
  const test::TempFolder folder;
  export_model(*network, input, WeightType::kFp32, folder / "fp32.staa");
  const auto model = runtime::Model::load((folder / "fp32.staa").string());
  EXPECT_EQ(model.classes(), input.classes);
  runtime::Session sparse(model, {runtime::Path::kSparse, true});
  runtime::Session dense(model, {runtime::Path::kDense, true});
  // A spike may flip where V is within rounding error of the threshold. So only few images are
  // compared, of which all but one must agree.
  int equal = 0;
  constexpr int kImages = 6;
  for (int i = 0; i < kImages; ++i) {
    const auto image = random_image(input, static_cast<std::uint64_t>(i));
    const auto expected = probabilities(*network, to_tensor(image, input));
    const auto found = sparse.classify(image.data());
    EXPECT_EQ(found.steps, 3U);
    const bool close = difference(found, expected) < 1e-4 &&
                       difference(dense.classify(image.data()), expected) < 1e-4;
    equal += close ? 1 : 0;
  }
  EXPECT_GE(equal, kImages - 1);
  EXPECT_GT(sparse.activity().firing_rate(), 0.005);
  EXPECT_LT(sparse.activity().firing_rate(), 0.7);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, ExportParity,
    ::testing::Values(Case{"resnet20", 0.25, NeuronKind::kStaaLif, PePlacement::kSpatial, 28},
                      Case{"resnet20", 0.11, NeuronKind::kStaaLif, PePlacement::kBoth, 30},
                      Case{"resnet20", 0.125, NeuronKind::kLif, PePlacement::kSpatial, 17},
                      Case{"resnet19", 0.0625, NeuronKind::kAdaptiveLif, PePlacement::kSpatial, 16},
                      Case{"resnet18", 0.125, NeuronKind::kStaaLif, PePlacement::kTemporal, 64},
                      Case{"vgg13", 0.125, NeuronKind::kStaaLif, PePlacement::kPost, 32},
                      Case{"vgg13", 0.25, NeuronKind::kLif, PePlacement::kPost, 35,
                           CurrentShortcut::kNone, false, SaGain::kInside, true, Pooling::kMax},
                      Case{"vgg13", 0.11, NeuronKind::kStaaLif, PePlacement::kPost, 32,
                           CurrentShortcut::kNone, false, SaGain::kInside, true, Pooling::kMax},
                      Case{"vgg7", 0.25, NeuronKind::kLif, PePlacement::kSpatial, 28,
                           CurrentShortcut::kNone, false, SaGain::kInside, false},
                      Case{"vgg7", 0.11, NeuronKind::kLif, PePlacement::kSpatial, 32,
                           CurrentShortcut::kCurrent, true, SaGain::kInside, false},
                      Case{"vgg7", 0.25, NeuronKind::kStaaLif, PePlacement::kSpatial, 31,
                           CurrentShortcut::kCurrent, true, SaGain::kOutside, false},
                      Case{"resnet20", 0.118, NeuronKind::kStaaLif, PePlacement::kSpatial, 35,
                           CurrentShortcut::kCurrent, false, SaGain::kOutside, false},
                      Case{"resnet18", 0.125, NeuronKind::kLif, PePlacement::kSpatial, 50,
                           CurrentShortcut::kCurrent, false, SaGain::kInside, false},
                      Case{"vgg13", 0.118, NeuronKind::kLif, PePlacement::kPost, 37,
                           CurrentShortcut::kCurrent, false, SaGain::kInside, false},
                      Case{"vgg13", 0.11, NeuronKind::kLif, PePlacement::kPost, 37,
                           CurrentShortcut::kCurrent, false, SaGain::kInside, false,
                           Pooling::kMax}));

/// A small network, exported with fp32 and with int8 weights.
class SmallExport : public ::testing::Test {
 protected:
  SmallExport() : input_(describe(1, 28, 10)) {
    models::NetworkOptions options;
    options.width = 0.125;
    options.in_channels = 1;
    options.neuron.threshold = 0.5;
    network_ = random_network(options, 28);
    export_model(*network_, input_, WeightType::kFp32, folder_ / "fp32.staa");
    export_model(*network_, input_, WeightType::kInt8, folder_ / "int8.staa");
  }
  runtime::Model load(const std::string& name) const {
    return runtime::Model::load((folder_ / name).string());
  }

  data::InputDescription input_;
  std::shared_ptr<models::Network> network_;
  test::TempFolder folder_;
};

TEST_F(SmallExport, Int8IsTheSameOnEveryPathAndInstructionSet) {
  const auto image = random_image(input_, 1);
  std::vector<float> sums;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    const auto model = load("int8.staa");
    runtime::Session sparse(model, {runtime::Path::kSparse, false});
    runtime::Session dense(model, {runtime::Path::kDense, false});
    EXPECT_EQ(sparse.classify(image.data()).probabilities,
              dense.classify(image.data()).probabilities);
    EXPECT_EQ(sparse.activity().spikes, dense.activity().spikes);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_F(SmallExport, StepByStepIsAllStepsAtOnce) {
  const auto image = random_image(input_, 2);
  for (const auto* name : {"fp32.staa", "int8.staa"}) {
    const auto model = load(name);
    runtime::Session whole(model);
    runtime::Session steps(model);
    runtime::Session frames(model);
    const auto expected = whole.classify(image.data());
    steps.begin(image.data());
    runtime::Prediction found;
    runtime::Prediction pushed;
    for (std::size_t t = 0; t < model.steps(); ++t) {
      found = steps.step();
      pushed = frames.push(image.data());
      EXPECT_EQ(found.steps, t + 1);
    }
    EXPECT_EQ(found.probabilities, expected.probabilities);
    EXPECT_EQ(pushed.probabilities, expected.probabilities);
    EXPECT_EQ(steps.activity().spikes, whole.activity().spikes);
    EXPECT_EQ(steps.activity().acs, whole.activity().acs);
    test::expect_error(ErrorKind::kUsage, {"reset"}, [&] { steps.step(); });
    // The session is reused: nothing of the previous image may remain.
    EXPECT_EQ(steps.classify(image.data()).probabilities, expected.probabilities);
  }
}

TEST_F(SmallExport, ConfidenceStopsEarly) {
  const auto image = random_image(input_, 3);
  runtime::Session session(load("fp32.staa"));
  EXPECT_EQ(session.classify(image.data(), 0.01F).steps, 1U);
  EXPECT_EQ(session.classify(image.data(), 1.1F).steps, 4U);
}

TEST(Quantise, ErrorsCancelInEachWindowAndOutput) {
  torch::manual_seed(kSeed);
  const auto weight = torch::randn({3, 3, 8, 5}, torch::kDouble);
  const auto rounded = quantise(weight);
  const auto error = rounded.values.to(torch::kDouble) - weight / rounded.scale;  // in steps
  const auto cut_off = rounded.values.abs() == 127;
  EXPECT_LT(torch::where(cut_off, torch::zeros_like(error), error).abs().max().item<double>(), 1.0);
  EXPECT_LT(cut_off.to(torch::kDouble).mean().item<double>(), 0.05);
  // The error of a window may grow by one step where that balances the errors of its output.
  const auto windows = error.sum(at::IntArrayRef{0, 1}).abs();
  EXPECT_LE(windows.max().item<double>(), 1.5);
  EXPECT_LE(windows.median().item<double>(), 0.5);
  EXPECT_LE(error.sum(at::IntArrayRef{0, 1, 2}).abs().max().item<double>(), 0.5 + 1e-9);
}

/// Random images, labelled by a model.
class Labelled : public data::Dataset {
 public:
  Labelled(const data::InputDescription& input, const runtime::Model& model, std::int64_t count,
           std::uint64_t first = 0)
      : input_(input) {
    runtime::Session session(model);
    for (std::int64_t i = 0; i < count; ++i) {
      images_.push_back(random_image(input, first + static_cast<std::uint64_t>(i)));
      const auto found = session.classify(images_.back().data());
      labels_.push_back(static_cast<std::int64_t>(found.label));
    }
  }
  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return static_cast<std::int64_t>(images_.size()); }
  const std::vector<std::string>& classes() const override { return input_.classes; }
  std::int64_t label(std::int64_t i) const override { return labels_[static_cast<std::size_t>(i)]; }
  data::ImageShape shape() const override {
    return {input_.shape.channels, input_.shape.height, input_.shape.width};
  }
  void read(std::int64_t i, std::uint8_t* out) const override {
    const auto& image = images_[static_cast<std::size_t>(i)];
    std::copy(image.begin(), image.end(), out);
  }

 private:
  std::string name_ = "random images";
  data::InputDescription input_;
  std::vector<std::vector<std::uint8_t>> images_;
  std::vector<std::int64_t> labels_;
};

TEST_F(SmallExport, Int8IsCheckedAndTheClosestRoundingKept) {
  const Labelled images(input_, load("fp32.staa"), 40);
  const Labelled others(input_, load("fp32.staa"), 60, 100);
  const auto path = folder_ / "checked.staa";
  const auto found =
      export_rounded(*network_, input_, WeightType::kInt8, images, others, 0.1, path);
  EXPECT_EQ(found.calibration.images, 40);
  EXPECT_EQ(found.calibration.fp32, 100.0);
  EXPECT_DOUBLE_EQ(found.calibration.rounded, accuracy(load("checked.staa"), images));
  // The first rounding is always tried, and only a better one can replace it.
  EXPECT_GE(found.calibration.rounded, accuracy(load("int8.staa"), images));
  // The labels are the classes that the network predicts with fp32 weights.
  EXPECT_EQ(found.test.images, 60);
  EXPECT_EQ(found.test.fp32, 100.0);
  EXPECT_DOUBLE_EQ(found.test.rounded, accuracy(load("checked.staa"), others));
  EXPECT_DOUBLE_EQ(found.test.rounded, 100.0 * static_cast<double>(found.test.same) / 60);
  EXPECT_GE(found.roundings, 1);
  EXPECT_LE(found.roundings, 8);
  // Half of 200 points allows any accuracy, so that the first rounding is taken.
  const auto any = export_rounded(*network_, input_, WeightType::kInt8, images, others, 200,
                                  folder_ / "first.staa");
  EXPECT_EQ(any.roundings, 1);
  EXPECT_EQ(read_file(folder_ / "first.staa"), read_file(folder_ / "int8.staa"));
}

TEST_F(SmallExport, TheRoundingIsChosenWithoutTheTestImages) {
  const Labelled images(input_, load("fp32.staa"), 40);
  const auto choose = [&](const data::Dataset& test, const char* name) {
    export_rounded(*network_, input_, WeightType::kInt8, images, test, 0.1, folder_ / name);
    return read_file(folder_ / name);
  };
  const auto first = choose(Labelled(input_, load("fp32.staa"), 20, 200), "a.staa");
  EXPECT_EQ(choose(Labelled(input_, load("fp32.staa"), 20, 300), "b.staa"), first);
}

TEST_F(SmallExport, WeightsOf16BitsAreSmallerAndKeepClasses) {
  const Labelled images(input_, load("fp32.staa"), 100);
  const auto size = std::filesystem::file_size(folder_ / "fp32.staa");
  for (const auto weights : {WeightType::kBf16, WeightType::kInt16}) {
    const auto name = format::weights_name(weights);
    SCOPED_TRACE(name);
    const auto found =
        export_rounded(*network_, input_, weights, images, images, 0.1, folder_ / (name + ".staa"));
    EXPECT_EQ(found.roundings, 1);
    // The decisions of a random network are closer than those of a trained one; ten images would
    // agree by chance.
    EXPECT_GE(found.test.same, weights == WeightType::kInt16 ? 85 : 20);
    EXPECT_EQ(load(name + ".staa").precision(), name);
    EXPECT_LT(std::filesystem::file_size(folder_ / (name + ".staa")), size);
  }
}

/// Compares the predictions for the whole test set. STAA_TEST_RUN names the folder of a run on
/// Fashion-MNIST.
TEST(RealExport, GivesTheNetworksPredictions) {
  const char* run = std::getenv("STAA_TEST_RUN");
  if (run == nullptr) GTEST_SKIP() << "needs STAA_TEST_RUN: the folder of a trained run";
  const auto weights = std::filesystem::path(run) / "best.safetensors";
  const auto description = run::load_description(weights);
  auto recipe = recipe::parse_recipe(description.recipe, weights.string());
  recipe.data.limit_test = 0;
  if (const char* limit = std::getenv("STAA_TEST_LIMIT")) recipe.data.limit_test = std::atoi(limit);
  const auto network = models::make_network(run::network_options(recipe, description.input));
  train::load_weights(weights, *network);
  network->eval();
  const auto loader =
      inputs::evaluation_loader(inputs::open_data(recipe, &description.input).test, recipe);
  // The same images as bytes, which the runtime reads.
  const auto images = data::open_dataset(inputs::data_options(recipe)).test;

  const test::TempFolder folder;
  export_model(*network, description.input, WeightType::kFp32, folder / "fp32.staa");
  const auto training = data::open_dataset(inputs::data_options(recipe)).train;
  const auto checked = export_rounded(*network, description.input, WeightType::kInt8, *training,
                                      *images, 0.1, folder / "int8.staa");
  runtime::Session fp32(runtime::Model::load((folder / "fp32.staa").string()));
  runtime::Session int8(runtime::Model::load((folder / "int8.staa").string()));
  const torch::NoGradGuard no_grad;
  std::int64_t differ = 0;
  std::int64_t hits[3] = {};
  std::int64_t index = 0;
  double rate = 0;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(images->shape().bytes()));
  loader->start(0);
  while (auto batch = loader->next()) {
    const auto size = batch->size;
    const auto tensors = train::to_tensors(std::move(*batch), description.input.shape, torch::kCPU);
    const auto labels = network->forward(tensors.inputs).mean(0).argmax(1);
    for (std::int64_t i = 0; i < size; ++i, ++index) {
      images->read(index, image.data());
      const auto expected = labels[i].item<std::int64_t>();
      const auto label = images->label(index);
      const auto of_fp32 = static_cast<std::int64_t>(fp32.classify(image.data()).label);
      const auto of_int8 = static_cast<std::int64_t>(int8.classify(image.data()).label);
      rate += fp32.activity().firing_rate();
      differ += of_fp32 != expected ? 1 : 0;
      hits[0] += expected == label ? 1 : 0;
      hits[1] += of_fp32 == label ? 1 : 0;
      hits[2] += of_int8 == label ? 1 : 0;
    }
  }
  const auto percent = [&](std::int64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(index);
  };
  std::cout << index << " images: " << differ << " differ in fp32; accuracy of LibTorch "
            << percent(hits[0]) << " %, fp32 " << percent(hits[1]) << " %, int8 "
            << percent(hits[2]) << " %; firing rate " << 100 * rate / static_cast<double>(index)
            << " %\n";
  EXPECT_LE(differ, std::max<std::int64_t>(2, 2 * index / 10'000));
  EXPECT_NEAR(percent(hits[2]), percent(hits[0]), 0.1);
  EXPECT_DOUBLE_EQ(checked.test.rounded, percent(hits[2]));
  EXPECT_DOUBLE_EQ(checked.test.fp32, percent(hits[1]));
}

}  // namespace
}  // namespace staa::deploy
