#include "staa/analysis/gradcam.h"

#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/ops/implementation.h"
#include "support/support.h"

namespace staa::analysis {
namespace {

using test::expect_error;

/// A 1x1 convolution from one channel to two, with weights 1 and -1, followed by neurons and a
/// head.
class HandMade : public models::Network {
 public:
  explicit HandMade(const NeuronOptions& neuron) : Network(options_of(neuron)) {
    layer_ = register_module("layer", nn::ConvNeuron(nn::ConvShape{1, 2, 1}, options_of(neuron)));
    head_ = register_module("head", nn::Head(2, 2));
    const torch::NoGradGuard no_grad;
    named_parameters()["layer.conv.weight"].copy_(torch::tensor({1.0F, -1.0F}).view({2, 1, 1, 1}));
    named_parameters()["head.linear.weight"].copy_(
        torch::tensor({2.0F, -1.0F, 0.5F, 4.0F}).view({2, 2}));
  }

  static constexpr std::int64_t kSteps = 2;

 protected:
  torch::Tensor run(const torch::Tensor& x) override { return head_->forward(layer_->forward(x)); }

 private:
  static models::NetworkOptions options_of(const NeuronOptions& neuron) {
    models::NetworkOptions options;
    options.network = "hand-made";
    options.in_channels = 1;
    options.classes = 2;
    options.steps = kSteps;
    options.neuron = neuron;
    return options;
  }

  nn::ConvNeuron layer_{nullptr};
  nn::Head head_{nullptr};
};

torch::Tensor pixels() { return torch::tensor({3.0F, 1.4F, 0.0F, -3.0F}).view({1, 1, 2, 2}); }

NeuronOptions lif() {
  NeuronOptions options;
  options.kind = NeuronKind::kLif;
  return options;
}

TEST(GradCam, IsAsComputedByHand) {
  // tau = 2 and the threshold is 1. In channel 0, the pixel of value 3 fires in both steps and that
  // of 1.4 in the second one (V = 0.7, then 1.05). In channel 1, the pixel of value -3 fires in
  // both. dy/dA = w / (T * HW) = w / 8.
  HandMade network(lif());
  const auto first = explain(network, pixels(), 0);
  ASSERT_EQ(first.layers.size(), 1U);
  EXPECT_EQ(first.layers[0].name, "layer");
  const auto expected = torch::tensor({2 * 2 / 8.0F, 2 / 8.0F, 0.0F, 0.0F}).view({2, 2});
  EXPECT_TRUE(torch::allclose(first.layers[0].cam, expected)) << first.layers[0].cam;
  EXPECT_FALSE(first.layers[0].attention_x.defined());
  EXPECT_FALSE(first.layers[0].gates.defined());

  // y = (0.5, 1.1875), so the network predicts class 1.
  const auto found = explain(network, pixels());
  EXPECT_EQ(found.target, 1);
  const auto of_found = torch::tensor({2 * 0.5F / 8, 0.5F / 8, 0.0F, 2 * 4 / 8.0F}).view({2, 2});
  EXPECT_TRUE(torch::allclose(found.layers[0].cam, of_found)) << found.layers[0].cam;
  EXPECT_NEAR(found.probabilities[1].item<double>(), 1 / (1 + std::exp(0.5 - 1.1875)), 1e-6);
}

TEST(GradCam, AttentionAndGatesAreThoseOfTheEquations) {
  torch::manual_seed(3);
  NeuronOptions options;
  options.gc_zero_start = false;
  HandMade network(options);
  const auto p = network.named_parameters();
  {
    const torch::NoGradGuard no_grad;
    p["layer.neuron.pe"].normal_();
  }
  const auto maps = explain(network, pixels(), 0).layers.at(0);
  const auto weight = [&](const std::string& name) { return p["layer.neuron." + name].detach(); };
  // X [2, 2, 2] (C, H, W) of the first step; BatchNorm divides by sqrt(1 + eps).
  const auto x = torch::stack({pixels()[0][0], -pixels()[0][0]}) / std::sqrt(1 + 1e-5) +
                 weight("pe")[0].view({2, 1, 1});
  const auto key = torch::sigmoid((weight("gc1.key.weight").view({2, 1, 1}) * x).sum(0) +
                                  weight("gc1.key.bias"));
  EXPECT_TRUE(torch::allclose(maps.attention_x[0], key, 1e-4, 1e-5)) << maps.attention_x;
  // The membrane starts at 0, so that GC2's first weights follow from its bias alone.
  const auto bias = torch::sigmoid(weight("gc2.key.bias")).expand({2, 2});
  EXPECT_TRUE(torch::allclose(maps.attention_h[0], bias));
  EXPECT_EQ(maps.gates.sizes(), torch::IntArrayRef({2, 2}));
  EXPECT_TRUE(maps.gates.gt(0).all().item<bool>() && maps.gates.lt(1).all().item<bool>());

  // SA reads only means: mean(U) = mean(X) + w1 + w2, which is mean(X) without GC.
  NeuronOptions plain;
  plain.gc = false;
  HandMade gated(plain);
  const auto q = gated.named_parameters();
  const auto gates = explain(gated, pixels(), 0).layers.at(0).gates;
  const auto mean = torch::stack({pixels().mean(), -pixels().mean()}) / std::sqrt(1 + 1e-5);
  const auto linear = [&](const torch::Tensor& in, const char* name) {
    const auto full = std::string("layer.neuron.sa.") + name;
    return torch::linear(in, q[full + ".weight"].flatten(1), q[full + ".bias"]).detach();
  };
  const auto expected =
      torch::sigmoid(linear(torch::relu(linear(plain.sa_alpha * mean, "reduce")), "expand"));
  EXPECT_TRUE(torch::allclose(gates[0], expected, 1e-4, 1e-5)) << gates << expected;
}

std::shared_ptr<models::Network> deep_network() {
  torch::manual_seed(5);
  models::NetworkOptions options;
  options.network = "resnet20";
  options.width = 0.125;
  options.in_channels = 1;
  options.steps = 3;
  options.neuron.threshold = 0.3;
  options.neuron.surrogate = Surrogate::kArctan;
  return models::make_network(options);
}

TEST(GradCam, OfFusedOperatorsIsThatOfTheReference) {
  const auto network = deep_network();
  const auto image = torch::randn({1, 1, 16, 16});
  const auto fused = explain(*network, image, 3);
  const ops::UseReference reference;
  const auto plain = explain(*network, image, 3);
  ASSERT_EQ(fused.layers.size(), 19U);
  EXPECT_EQ(fused.layers.front().name, "stem.0");
  EXPECT_EQ(fused.layers.back().name, "stages.3.1.conv2");
  for (std::size_t i = 0; i < fused.layers.size(); ++i) {
    SCOPED_TRACE(fused.layers[i].name);
    const auto& a = fused.layers[i];
    const auto& b = plain.layers[i];
    EXPECT_TRUE(torch::allclose(a.cam, b.cam, 1e-3, 1e-6 + 1e-3 * b.cam.max().item<double>()));
    EXPECT_TRUE(torch::allclose(a.attention_h, b.attention_h, 1e-3, 1e-4));
    EXPECT_TRUE(torch::allclose(a.gates, b.gates, 1e-3, 1e-4));
  }
}

TEST(GradCam, LeavesTheNetworkAsItWas) {
  const auto network = deep_network();
  std::vector<torch::Tensor> before;
  for (const auto& tensor : network->parameters()) before.push_back(tensor.detach().clone());
  for (const auto& tensor : network->buffers()) before.push_back(tensor.clone());
  explain(*network, torch::randn({1, 1, 16, 16}));
  auto after = network->parameters();
  for (const auto& parameter : after) EXPECT_FALSE(parameter.grad().defined());
  for (const auto& buffer : network->buffers()) after.push_back(buffer);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(torch::equal(before[i], after[i]));
}

TEST(GradCam, ReadsRecordingsAndSingleLayers) {
  const auto network = deep_network();
  const auto maps = explain(*network, torch::randn({3, 1, 1, 16, 16}), 0, {"stages.1.0.conv1"});
  ASSERT_EQ(maps.layers.size(), 1U);
  EXPECT_EQ(maps.layers[0].cam.sizes(), torch::IntArrayRef({4, 4}));
  EXPECT_EQ(maps.layers[0].attention_x.sizes(), torch::IntArrayRef({3, 4, 4}));
}

TEST(GradCam, RefusesUnknownLayersAndClasses) {
  const auto network = deep_network();
  const auto image = torch::randn({1, 1, 16, 16});
  expect_error(ErrorKind::kUsage,
               {"unknown layer 'stages.1.0.conv3'", "did you mean 'stages.1.0.conv1'?", "stem.0"},
               [&] { explain(*network, image, 0, {"stages.1.0.conv3"}); });
  expect_error(ErrorKind::kUsage, {"class 10", "knows 10"}, [&] { explain(*network, image, 10); });
}

}  // namespace
}  // namespace staa::analysis
