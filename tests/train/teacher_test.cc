#include "staa/train/teacher.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>

#include "staa/nn/layers.h"
#include "staa/train/fit.h"
#include "staa/train/phases.h"
#include "support/support.h"

namespace staa::train {
namespace {

using test::expect_error;

const std::vector<PhaseFrom>& relu_then_spikes() {
  static const std::vector<PhaseFrom> phases{{0, {1, Activation::kRelu}}, {2, {2}}};
  return phases;
}

torch::nn::Sequential spiking_pair() {
  NeuronOptions neuron;
  neuron.threshold = 0.3;
  torch::manual_seed(4);
  return torch::nn::Sequential(nn::ConvNeuron(nn::ConvShape{1, 4}, neuron, 2), nn::Head(4, 2));
}

Classifier classifier(const torch::nn::Sequential& body) {
  return Classifier(
      body.ptr(), [shared = body.ptr()](const torch::Tensor& x) { return shared->forward(x); },
      StillInput::kSequence);
}

TEST(Teacher, GivesTheProbabilitiesOfTheNetworkThatItWas) {
  auto body = spiking_pair();
  const auto network = classifier(body);
  Teacher teacher(network, relu_then_spikes());
  EXPECT_FALSE(teacher.teaches(1));
  EXPECT_TRUE(teacher.teaches(2));

  const auto x = torch::randn({1, 5, 1, 6, 6});
  set_phase(*body, relu_then_spikes()[0].phase);
  body->eval();
  const torch::NoGradGuard no_grad;
  const auto expected = network.forward(x).mean(0).softmax(1);
  teacher.take();
  for (auto& parameter : body->parameters()) parameter.add_(0.5);
  std::vector<torch::Tensor> own;
  for (const auto& parameter : body->parameters()) own.push_back(parameter.clone());

  EXPECT_TRUE(teacher.probabilities(x, 2).equal(expected));
  EXPECT_TRUE(body->is_training());
  EXPECT_EQ(network.forward(x).size(0), 2);  // it runs with spikes again, at T = 2
  for (std::size_t i = 0; i < own.size(); ++i) EXPECT_TRUE(body->parameters()[i].equal(own[i]));
}

TEST(Teacher, NeedsEpochsWithReluAndThenWithSpikes) {
  const auto network = classifier(spiking_pair());
  const std::vector<PhaseFrom> spikes{{0, {1}}, {1, {2}}};
  expect_error(ErrorKind::kUsage, {"distill", "ReLU"}, [&] { Teacher(network, spikes); });
}

}  // namespace
}  // namespace staa::train
