#include <gtest/gtest.h>

#include "staa/models/registry.h"
#include "staa/options/network_table.h"

namespace staa::models {
namespace {

/// The channels of all neuron layers and the weights of all convolutions, derived by hand from the
/// tables of the networks.
struct ByHand {
  std::vector<std::int64_t> neurons;
  std::int64_t weights = 0;   // of convolutions
  std::int64_t norms = 0;     // channels of every BatchNorm
  std::int64_t features = 0;  // inputs of the head

  void conv(std::int64_t in, std::int64_t out, std::int64_t kernel, bool neuron = true) {
    weights += in * out * kernel * kernel;
    norms += out;
    if (neuron) neurons.push_back(out);
    features = neuron ? out : features;
  }

  void stage(std::int64_t in, std::int64_t out, int blocks) {
    for (int i = 0; i < blocks; ++i) {
      const auto from = i == 0 ? in : out;
      conv(from, out, 3);
      conv(out, out, 3);
      if (from != out) conv(from, out, 1, /*neuron=*/false);
    }
  }

  std::int64_t total(std::int64_t classes) const {
    return weights + 2 * norms + features * classes + classes;
  }

  /// PE has T*C parameters. Each GC, with R = C/4, has C + 1 in its key, C*R + R in its query, 2R
  /// in its norm and R*C + C in its value. SA has R = max(4, C/16).
  std::int64_t staa(std::int64_t steps) const {
    std::int64_t sum = 0;
    for (const auto c : neurons) {
      const auto r = c / 4;
      const auto s = std::max<std::int64_t>(4, c / 16);
      sum += steps * c + 2 * (c + 1 + c * r + r + 2 * r + r * c + c) + (c * s + s + s * c + c);
    }
    return sum;
  }
};

ByHand by_hand(const std::string& name) {
  ByHand n;
  if (name == "resnet20") {
    n.conv(3, 64, 3);
    n.conv(64, 64, 3);
    n.conv(64, 64, 3);
    n.stage(64, 64, 2);
    n.stage(64, 128, 2);
    n.stage(128, 256, 2);
    n.stage(256, 512, 2);
  } else if (name == "resnet19") {
    n.conv(3, 128, 3);
    n.stage(128, 128, 3);
    n.stage(128, 256, 3);
    n.stage(256, 512, 2);
  } else if (name == "vgg7") {
    std::int64_t in = 3;
    for (const std::int64_t out : {64, 64, 256, 256, 256, 256}) {
      n.conv(in, out, 3);
      in = out;
    }
  } else if (name == "vgg13") {
    std::int64_t in = 3;
    for (const std::int64_t out : {64, 64, 128, 128, 256, 256, 512, 512, 512, 512}) {
      n.conv(in, out, 3);
      in = out;
    }
  } else {
    const bool deep = name == "resnet34";
    n.conv(3, 64, 7);
    n.stage(64, 64, deep ? 3 : 2);
    n.stage(64, 128, deep ? 4 : 2);
    n.stage(128, 256, deep ? 6 : 2);
    n.stage(256, 512, deep ? 3 : 2);
  }
  return n;
}

std::int64_t count(const std::string& name, NeuronKind kind) {
  NetworkOptions options;
  options.network = name;
  options.classes = 100;
  options.neuron.kind = kind;
  return parameter_count(*make_network(options));
}

TEST(ParameterCount, OfAllNetworksIsAsCountedByHand) {
  for (const auto& name : network_names()) {
    SCOPED_TRACE(name);
    const auto hand = by_hand(name);
    EXPECT_EQ(count(name, NeuronKind::kLif), hand.total(100));
    EXPECT_EQ(count(name, NeuronKind::kStaaLif), hand.total(100) + hand.staa(4));
  }
}

TEST(ParameterCount, OfResNet20IsThePapers) {
  const auto hand = by_hand("resnet20");
  EXPECT_EQ(hand.weights + 512 * 100 + 100, 11284260);
  std::int64_t squares = 0;
  for (const auto c : hand.neurons) squares += c * c;
  EXPECT_EQ(squares, 1404928);
  const auto total = static_cast<double>(count("resnet20", NeuronKind::kStaaLif));
  EXPECT_NEAR(total, 12.69e6, 0.02 * 12.69e6);
}

}  // namespace
}  // namespace staa::models
