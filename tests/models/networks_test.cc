#include <torch/optim/adamw.h>

#include <set>

#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/options/network_table.h"
#include "support/support.h"

namespace staa::models {
namespace {

using test::expect_error;

NetworkOptions small(const std::string& network, NeuronKind kind = NeuronKind::kStaaLif) {
  NetworkOptions options;
  options.network = network;
  options.width = 0.0625;
  options.steps = 2;
  options.neuron.kind = kind;
  return options;
}

/// Every network with either kind of shortcut. At this width channel counts do not divide.
std::vector<NetworkOptions> all_small() {
  std::vector<NetworkOptions> all;
  for (const auto& name : network_names()) {
    for (const auto shortcut : {CurrentShortcut::kNone, CurrentShortcut::kCurrent}) {
      all.push_back(small(name));
      all.back().width = 0.0703125;
      all.back().shortcut = shortcut;
    }
  }
  return all;
}

std::string describe(const NetworkOptions& options) {
  return options.network +
         (options.shortcut == CurrentShortcut::kCurrent ? ", shortcuts of the current" : "");
}

TEST(Networks, GiveLogitsOfEveryStepOnEvenAndOddImages) {
  for (const auto& options : all_small()) {
    for (const std::int64_t size : {28, 32, 33}) {
      SCOPED_TRACE(describe(options) + " " + std::to_string(size));
      const auto network = make_network(options);
      EXPECT_EQ(network->forward(torch::randn({3, 3, size, size})).sizes(),
                (std::vector<std::int64_t>{2, 3, 10}));
      EXPECT_EQ(network->forward(torch::randn({2, 3, 3, size, size})).sizes(),
                (std::vector<std::int64_t>{2, 3, 10}));
    }
  }
}

TEST(Networks, AStillImageIsTheSameFrameAtEveryStep) {
  for (const auto& options : all_small()) {
    SCOPED_TRACE(describe(options));
    torch::manual_seed(1);
    const auto network = make_network(options);
    network->eval();
    const torch::NoGradGuard no_grad;
    const auto image = torch::randn({2, 3, 32, 32});
    const auto frames = image.unsqueeze(0).repeat({2, 1, 1, 1, 1});
    EXPECT_TRUE(torch::allclose(network->forward(image), network->forward(frames), 1e-4, 1e-5));
  }
}

/// The kernels round differently from the reference, and only they return the spikes as bits.
TEST(Networks, ChangeTheirOperatorsWhenAsked) {
  auto options = small("resnet20");
  torch::manual_seed(3);
  const auto network = make_network(options);
  network->eval();
  const torch::NoGradGuard no_grad;
  const auto is_fused = [&] {
    bool bits = false;
    for (const auto& layer : neuron_layers(*network)) {
      const auto x = torch::randn({2, 1, layer.layer->channels(), 4, 4});
      bits = bits || layer.layer->spikes(ops::NeuronInput(x)).bits.defined();
    }
    return bits;
  };
  for (const auto operators : {Operators::kReference, Operators::kFused, Operators::kReference}) {
    nn::set_operators(*network, operators);
    EXPECT_EQ(network->operators(), operators);
    EXPECT_EQ(network->options().execution.operators, operators);
    EXPECT_EQ(is_fused(), operators == Operators::kFused);
  }
}

TEST(Networks, RefuseInputsOfAnotherShape) {
  const auto network = make_network(small("resnet20"));
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{2, 1, 32, 32}, {3, 2, 3, 32, 32}, {3, 32, 32}}) {
    expect_error(ErrorKind::kRuntime, {"resnet20 expects images [B, 3, H, W]", "found ["},
                 [&] { network->forward(torch::randn(shape)); });
  }
}

TEST(Networks, NameTheNearestKnownOne) {
  expect_error(ErrorKind::kUsage, {"unknown network 'resnet21'", "did you mean 'resnet"},
               [] { make_network(small("resnet21")); });
}

TEST(Networks, NameTheirParametersAsDocumented) {
  std::set<std::string> names;
  for (const auto& item : make_network(small("resnet20"))->named_parameters()) {
    names.insert(item.key());
  }
  for (const std::string name :
       {"pe", "gc1.key.weight", "gc1.key.bias", "gc1.query.weight", "gc1.query.bias",
        "gc1.norm.weight", "gc1.norm.bias", "gc1.value.weight", "gc1.value.bias", "gc2.key.weight",
        "gc2.value.bias", "sa.reduce.weight", "sa.reduce.bias", "sa.expand.weight",
        "sa.expand.bias"}) {
    EXPECT_EQ(names.count("stem.0.neuron." + name), 1U) << name;
    EXPECT_EQ(names.count("stages.3.1.conv2.neuron." + name), 1U) << name;
  }
  EXPECT_EQ(names.count("stages.1.0.shortcut.conv.weight"), 1U);
  auto options = small("resnet20");
  options.shortcut = CurrentShortcut::kCurrent;
  for (const auto& item : make_network(options)->named_parameters()) {
    EXPECT_EQ(item.key().find("shortcut"), std::string::npos) << item.key();
  }
  EXPECT_EQ(names.count("head.linear.weight"), 1U);
}

TEST(Networks, StayChannelsLastThroughout) {
  const auto network = make_network(small("resnet20"));
  int seen = 0;
  for (const auto& module : network->modules()) {
    if (auto* conv = dynamic_cast<nn::NormedConvolution*>(module.get())) {
      conv->set_observer([&seen](const torch::Tensor& in, const torch::Tensor&) {
        ++seen;
        EXPECT_TRUE(in.flatten(0, 1).is_contiguous(torch::MemoryFormat::ChannelsLast));
      });
    }
  }
  network->forward(torch::randn({2, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(seen, 22);  // 3 + 16 convolutions and three shortcuts
}

std::vector<torch::Tensor> loss_and_gradients(const NetworkOptions& options) {
  torch::manual_seed(5);
  const auto network = make_network(options);
  const auto images = torch::randn({4, 3, 32, 32}).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto loss =
      torch::cross_entropy_loss(network->forward(images).mean(0), torch::arange(4, torch::kLong));
  loss.backward();
  std::vector<torch::Tensor> all{loss.detach()};
  for (const auto& parameter : network->parameters()) all.push_back(parameter.grad());
  return all;
}

TEST(Networks, GiveTheSameGradientsWithLessMemory) {
  for (auto options : all_small()) {
    const auto kept = loss_and_gradients(options);
    options.execution.memory = MemoryUse::kLow;
    const auto again = loss_and_gradients(options);
    ASSERT_EQ(kept.size(), again.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_TRUE(kept[i].equal(again[i])) << describe(options) << " tensor " << i;
    }
  }
}

TEST(Networks, RunOnTheReferenceWhenAsked) {
  auto options = small("resnet20");
  options.neuron.surrogate = Surrogate::kArctan;
  const auto fused = loss_and_gradients(options);
  options.execution.operators = Operators::kReference;
  const auto reference = loss_and_gradients(options);
  EXPECT_NEAR(fused[0].item<double>(), reference[0].item<double>(), 0.02);
}

TEST(Networks, TrainInBf16) {
  for (auto options : all_small()) {
    const auto single = loss_and_gradients(options);
    options.execution.precision = Precision::kBf16;
    const auto half = loss_and_gradients(options);
    EXPECT_NEAR(single[0].item<double>(), half[0].item<double>(), 0.1) << describe(options);
    for (const auto& gradient : half) {
      EXPECT_EQ(gradient.scalar_type(), torch::kFloat);
      EXPECT_TRUE(gradient.isfinite().all().item<bool>());
    }
  }
}

class Overfit : public testing::TestWithParam<NeuronKind> {};

TEST_P(Overfit, OneBatchToOneHundredPercent) {
  torch::manual_seed(3);
  auto options = small("resnet20", GetParam());
  options.width = 0.125;
  options.residual_gain = 0.3;
  options.neuron.threshold = 0.5;
  options.neuron.tsrd = 0;
  // With these options, training succeeds with any seed (docs/learning.md).
  options.neuron.decay_input = false;
  options.neuron.surrogate = Surrogate::kTriangle;
  options.neuron.surrogate_width = 1.5;
  options.neuron.sa_gain = SaGain::kOutside;
  const auto network = make_network(options);
  // Unlike noise, patches of 8x8 pixels can be detected by convolutions.
  const auto images = torch::randn({16, 3, 4, 4})
                          .repeat_interleave(8, 2)
                          .repeat_interleave(8, 3)
                          .contiguous(torch::MemoryFormat::ChannelsLast);
  const auto labels = torch::arange(16, torch::kLong).remainder(10);
  torch::optim::AdamW optimizer(network->parameters(), torch::optim::AdamWOptions(0.005));
  double accuracy = 0;
  for (int step = 0; step < 150 && accuracy < 1; ++step) {
    optimizer.zero_grad();
    const auto output = network->forward(images).mean(0);
    torch::cross_entropy_loss(output, labels).backward();
    optimizer.step();
    accuracy = output.argmax(1).eq(labels).to(torch::kDouble).mean().item<double>();
  }
  EXPECT_EQ(accuracy, 1.0);
}

INSTANTIATE_TEST_SUITE_P(Neurons, Overfit,
                         testing::Values(NeuronKind::kLif, NeuronKind::kAdaptiveLif,
                                         NeuronKind::kStaaLif));

}  // namespace
}  // namespace staa::models
