// Uses staa's layers like other LibTorch modules: in Sequential, cloned, printed, saved and loaded.
#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/serialize.h>

#include <sstream>

#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/nn/whitening.h"
#include "staa/options/network_table.h"
#include "support/support.h"

namespace staa::nn {
namespace {

NeuronOptions options(NeuronKind kind = NeuronKind::kStaaLif) {
  NeuronOptions result;
  result.kind = kind;
  result.threshold = 0.3;
  result.tsrd = 0;
  return result;
}

void expect_same_state(const torch::nn::Module& a, const torch::nn::Module& b) {
  const auto same = [](const auto& first, const auto& second) {
    ASSERT_EQ(first.size(), second.size());
    for (const auto& item : first) {
      ASSERT_TRUE(second.contains(item.key())) << item.key();
      EXPECT_TRUE(item.value().equal(second[item.key()])) << item.key();
      EXPECT_FALSE(item.value().is_same(second[item.key()])) << item.key();
    }
  };
  same(a.named_parameters(), b.named_parameters());
  same(a.named_buffers(), b.named_buffers());
}

TEST(Modules, StandInASequential) {
  torch::manual_seed(1);
  torch::nn::Sequential network(ConvNeuron(ConvShape{3, 8}, options(), 2),
                                ConvNorm(ConvShape{8, 8}), StaaLif(options(), 8, 2), Head(8, 5));
  const auto logits = network->forward(torch::rand({2, 4, 3, 6, 6}));
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{2, 4, 5}));
  logits.sum().backward();
  for (const auto& item : network->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined()) << item.key();
  }
}

TEST(Modules, LayersWithoutPixelsTakeVectors) {
  torch::manual_seed(2);
  for (const auto kind : {NeuronKind::kLif, NeuronKind::kAdaptiveLif, NeuronKind::kStaaLif}) {
    const auto neuron = make_neuron(options(kind), 8, 3);
    const auto x = torch::randn({3, 4, 8});
    const auto spikes = neuron->forward(x);
    EXPECT_EQ(spikes.sizes(), x.sizes());
    EXPECT_TRUE(spikes.equal(neuron->forward(x.view({3, 4, 8, 1, 1})).view({3, 4, 8})));
    EXPECT_GT(spikes.sum().item<float>(), 0);
  }
}

TEST(Modules, ACloneHasTheSameStateOfItsOwn) {
  torch::manual_seed(3);
  const auto x = torch::rand({2, 2, 3, 6, 6});
  for (const auto kind : {NeuronKind::kLif, NeuronKind::kAdaptiveLif, NeuronKind::kStaaLif}) {
    ConvNeuron layer(ConvShape{3, 8}, options(kind), 2);
    layer->forward(x);  // updates the running statistics
    layer->eval();
    const auto copy = std::dynamic_pointer_cast<ConvNeuronImpl>(layer->clone());
    ASSERT_NE(copy, nullptr);
    expect_same_state(*layer, *copy);
    EXPECT_TRUE(copy->forward(x).equal(layer->forward(x)));
    const torch::NoGradGuard no_grad;
    for (auto& parameter : copy->parameters()) parameter.add_(1);
    EXPECT_FALSE(copy->weight().equal(layer->weight()));
  }
  Whitening stem(3);
  stem->fit(torch::rand({20, 3, 6, 6}));
  expect_same_state(*stem, *stem->clone());
}

TEST(Modules, ACloneOfANetworkGivesItsLogits) {
  for (const auto& name : network_names()) {
    torch::manual_seed(4);
    models::NetworkOptions network_options;
    network_options.network = name;
    network_options.width = 0.0625;
    network_options.steps = 2;
    network_options.neuron = options();
    const auto network = models::make_network(network_options);
    network->eval();
    const auto copy = std::dynamic_pointer_cast<models::Network>(network->clone());
    ASSERT_NE(copy, nullptr) << name;
    expect_same_state(*network, *copy);
    const auto x = torch::rand({2, 3, 32, 32});
    EXPECT_TRUE(copy->forward(x).equal(network->forward(x))) << name;
  }
}

TEST(Modules, ACloneIsNotObserved) {
  ConvNeuron layer(ConvShape{3, 8}, options(), 2);
  int calls = 0;
  layer->set_observer([&](const torch::Tensor&, const torch::Tensor&) { ++calls; });
  const auto copy = std::dynamic_pointer_cast<ConvNeuronImpl>(layer->clone());
  copy->forward(torch::rand({2, 1, 3, 6, 6}));
  EXPECT_EQ(calls, 0);
  layer->forward(torch::rand({2, 1, 3, 6, 6}));
  EXPECT_EQ(calls, 1);
}

TEST(Modules, PrintWhatTheyAre) {
  std::ostringstream text;
  text << torch::nn::Sequential(ConvNeuron(ConvShape{3, 8, 5, 2}, options(), 2), Lif(options(), 8));
  for (const auto* part : {"ConvNeuronImpl(3, 8, kernel=5, stride=2)", "staa::nn::StaaLif(8, tau=2",
                           "staa::nn::Lif(8", "threshold=0.3", "surrogate=rectangle"}) {
    EXPECT_NE(text.str().find(part), std::string::npos) << part << " in\n" << text.str();
  }
}

TEST(Modules, AreSavedAndLoadedByTheirNames) {
  torch::manual_seed(5);
  ConvNeuron layer(ConvShape{3, 8}, options(), 2);
  ConvNeuron other(ConvShape{3, 8}, options(), 2);
  std::stringstream file;
  torch::save(layer, file);
  torch::load(other, file);
  expect_same_state(*layer, *other);
}

TEST(Modules, MoveToAnotherType) {
  ConvNeuron layer(ConvShape{3, 8}, options(), 2);
  layer->to(torch::kDouble);
  EXPECT_EQ(layer->forward(torch::rand({2, 1, 3, 6, 6}, torch::kDouble)).scalar_type(),
            torch::kDouble);
}

TEST(Modes, ReachEveryLayerOfAnyModule) {
  torch::nn::Sequential network(ConvNeuron(ConvShape{3, 8}, options(), 4), Lif(options(), 8));
  set_steps(*network, 2);
  const auto x = torch::rand({1, 1, 3, 6, 6});
  EXPECT_EQ(network->forward(x).size(0), 2);
  set_activation(*network, Activation::kRelu);
  const auto values = network->forward(x);
  EXPECT_FALSE(values.eq(0).logical_or(values.eq(1)).all().item<bool>());
  StaaLif staa(options(), 8, 4);
  torch::nn::Sequential holder(staa);
  {
    const torch::NoGradGuard no_grad;
    staa->named_parameters()["pe"][1].fill_(3);
  }
  repeat_encodings(*holder, 2);
  EXPECT_TRUE(staa->named_parameters()["pe"][3].eq(3).all().item<bool>());
}

}  // namespace
}  // namespace staa::nn
