#include "staa/train/non_finite.h"

#include <limits>

#include "staa/models/registry.h"
#include "support/support.h"

namespace staa::train {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::shared_ptr<models::Network> tiny_network() {
  torch::manual_seed(1);
  models::NetworkOptions options;
  options.network = "resnet20";
  options.width = 0.0625;
  options.steps = 2;
  options.in_channels = 1;
  options.classes = 10;
  options.neuron.threshold = 0.05;  // all layers fire
  return models::make_network(options);
}

torch::Tensor images() { return torch::rand({4, 1, 12, 12}); }

/// Fills a whole parameter, since a layer that does not fire might not use a single weight.
void spoil(models::Network& network, const std::string& parameter, float value) {
  const torch::NoGradGuard no_grad;
  network.named_parameters()[parameter].fill_(value);
}

TEST(NonFinite, NamesTheFirstLayerWhoseOutputIsNot) {
  const auto network = tiny_network();
  EXPECT_EQ(non_finite_layer(network, images()), "");
  spoil(*network, "stages.1.0.conv2.conv.weight", kNan);
  spoil(*network, "stages.3.0.conv1.conv.weight", kNan);
  EXPECT_EQ(non_finite_layer(network, images()), "output of layer 'stages.1.0.conv2'");
}

TEST(NonFinite, NamesTheInputBeforeAnyLayer) {
  const auto network = tiny_network();
  auto x = images();
  x[2][0][3][3] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(non_finite_layer(network, x), "input");
}

TEST(NonFinite, LooksAtTheHeadAsWell) {
  const auto network = tiny_network();
  spoil(*network, "head.linear.bias", kNan);
  EXPECT_EQ(non_finite_layer(network, images()), "output of layer 'head'");
}

TEST(NonFinite, LeavesNoObserverBehind) {
  const auto network = tiny_network();
  non_finite_layer(network, images());
  spoil(*network, "head.linear.bias", kNan);
  // If an observer had been left behind, it would write to a destroyed string.
  EXPECT_TRUE(torch::isnan(network->forward(images())).any().item<bool>());
  EXPECT_EQ(non_finite_layer(network, images()), "output of layer 'head'");
}

TEST(NonFinite, NamesParametersAndGradients) {
  const auto network = tiny_network();
  EXPECT_EQ(non_finite_parameter(*network), "");
  EXPECT_EQ(non_finite_gradient(*network), "");
  network->forward(images()).sum().backward();
  EXPECT_EQ(non_finite_gradient(*network), "");
  const torch::NoGradGuard no_grad;
  network->named_parameters()["head.linear.weight"].grad().flatten()[0].fill_(kNan);
  EXPECT_EQ(non_finite_gradient(*network), "gradient of 'head.linear.weight'");
  spoil(*network, "stem.1.norm.bias", -std::numeric_limits<float>::infinity());
  EXPECT_EQ(non_finite_parameter(*network), "parameter 'stem.1.norm.bias'");
}

TEST(ForwardState, TakesAForwardPassBack) {
  const auto network = tiny_network();
  network->train();
  const ForwardState before(*network, /*buffers=*/true);
  std::vector<torch::Tensor> kept;
  for (const auto& buffer : network->buffers()) kept.push_back(buffer.clone());
  const auto draw = torch::rand({1});
  const auto x = images();
  before.restore_generator();
  EXPECT_TRUE(torch::rand({1}).equal(draw));
  network->forward(x);
  EXPECT_FALSE(network->buffers()[0].equal(kept[0]));
  before.restore_buffers(*network);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_TRUE(network->buffers()[i].equal(kept[i])) << i;
  }
}

}  // namespace
}  // namespace staa::train
