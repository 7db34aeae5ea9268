#include "staa/analysis/profile.h"

#include <gtest/gtest.h>

#include "staa/analysis/count.h"
#include "staa/data/augment/augmented_images.h"
#include "staa/data/sets/image_set.h"
#include "staa/models/registry.h"
#include "staa/options/network_table.h"
#include "staa/util/random.h"

namespace staa::analysis {
namespace {

/// The multiply-adds of the convolutions and the head with 100 classes and T = 4, counted by hand:
/// the sum over all layers of weights times output pixels.
double by_hand(const std::string& name) {
  double step = 0;
  const auto conv = [&](double in, double out, double kernel, double extent) {
    step += in * out * kernel * kernel * extent * extent;
  };
  const auto stage = [&](double in, double out, int blocks, double extent) {
    for (int i = 0; i < blocks; ++i) {
      const double from = i == 0 ? in : out;
      conv(from, out, 3, extent);
      conv(out, out, 3, extent);
      if (from != out) conv(from, out, 1, extent);
    }
  };
  if (name == "resnet20") {
    conv(3, 64, 3, 32);
    conv(64, 64, 3, 32);
    conv(64, 64, 3, 32);
    stage(64, 64, 2, 16);
    stage(64, 128, 2, 8);
    stage(128, 256, 2, 4);
    stage(256, 512, 2, 2);
  } else if (name == "resnet19") {
    conv(3, 128, 3, 32);
    stage(128, 128, 3, 32);
    stage(128, 256, 3, 16);
    stage(256, 512, 2, 8);
  } else if (name == "vgg7") {
    conv(3, 64, 3, 32);
    conv(64, 64, 3, 16);
    conv(64, 256, 3, 16);
    conv(256, 256, 3, 8);
    conv(256, 256, 3, 8);
    conv(256, 256, 3, 4);
  } else if (name == "vgg13") {
    double in = 3;
    double extent = 32;
    int layer = 0;
    for (const double out : {64, 64, 128, 128, 256, 256, 512, 512, 512, 512}) {
      if (layer > 0 && layer % 2 == 0) extent /= 2;
      conv(in, out, 3, extent);
      in = out;
      ++layer;
    }
  } else {
    const bool deep = name == "resnet34";
    conv(3, 64, 7, 16);
    stage(64, 64, deep ? 3 : 2, 8);
    stage(64, 128, deep ? 4 : 2, 4);
    stage(128, 256, deep ? 6 : 2, 2);
    stage(256, 512, deep ? 3 : 2, 1);
  }
  return 4 * (step + (name == "vgg7" ? 256 : 512) * 100);
}

data::Loader loader_of(int count) {
  Random random{9};
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count) * 32 * 32 * 3);
  for (auto& p : pixels) p = static_cast<std::uint8_t>(random.below(256));
  std::vector<std::string> classes(100, "c");
  const data::ImageShape shape{3, 32, 32};
  const auto set =
      std::make_shared<data::ImageSet>("noise", shape, classes, std::move(pixels),
                                       std::vector<std::int64_t>(static_cast<std::size_t>(count)));
  data::LoaderOptions options;
  options.batch = 2;
  options.shuffle = false;
  options.workers = 0;
  const data::Transform transform(shape, {{0.5F, 0.5F, 0.5F}, {0.3F, 0.3F, 0.3F}});
  return data::Loader(std::make_shared<data::AugmentedImages>(set, transform), options);
}

Profile profile_of(const std::string& name, NeuronKind kind, int images,
                   CurrentShortcut shortcut = CurrentShortcut::kNone) {
  torch::manual_seed(1);
  models::NetworkOptions options;
  options.network = name;
  options.classes = 100;
  options.neuron.kind = kind;
  options.shortcut = shortcut;
  const auto network = models::make_network(options);
  auto loader = loader_of(images);
  calibrate_normalisation(*network, loader, images);
  return profile(*network, loader, images);
}

TEST(Profile, FlopsOfAllNetworksAreAsCountedByHand) {
  for (const auto& name : network_names()) {
    SCOPED_TRACE(name);
    EXPECT_DOUBLE_EQ(profile_of(name, NeuronKind::kLif, 2).flops, by_hand(name));
  }
}

TEST(Profile, OfResNet20MeetsThePapersFigures) {
  const auto p = profile_of("resnet20", NeuronKind::kStaaLif, 4);
  EXPECT_NEAR(p.flops, 0.87e9, 0.01 * 0.87e9);
  EXPECT_EQ(std::llround(p.macs / 1e7), 6);
  EXPECT_NEAR(static_cast<double>(p.parameters), 12.69e6, 0.02 * 12.69e6);
  EXPECT_GT(p.acs, 0);
  EXPECT_DOUBLE_EQ(p.energy_mj, (4.6 * p.macs + 0.9 * p.acs) * 1e-9);
}

TEST(Profile, HasTheBytesAndTheAttentionOfEachLayerAsCountedByHand) {
  const auto p = profile_of("resnet20", NeuronKind::kStaaLif, 2);
  ASSERT_EQ(p.layers[0].kind, "convolution");
  const double weights = 3 * 64 * 9 + 2 * 64;
  // The weights and the image are read T = 4 times as values; an ANN's output has 64x32x32 values.
  EXPECT_DOUBLE_EQ(p.layers[0].bytes, 4 * (4 * weights + 4 * 3 * 1024));
  EXPECT_DOUBLE_EQ(p.layers[0].ann_macs, 64 * 1024 * 27.0);
  EXPECT_DOUBLE_EQ(p.layers[0].ann_bytes, 4 * weights + 4 * (3 * 1024.0 + 64 * 1024));

  const auto& neuron = p.layers[1];
  ASSERT_EQ(neuron.kind, "neuron");
  ASSERT_EQ(neuron.output, "64x32x32");
  const double elements = 64 * 1024;
  // In every step the parameters are read, the membranes are read and written, and each spike is
  // written as one bit.
  EXPECT_DOUBLE_EQ(neuron.bytes,
                   4 * (4.0 * static_cast<double>(neuron.parameters) + elements * 8.125));
  EXPECT_DOUBLE_EQ(neuron.attention.pe.acs, 4 * elements);
  EXPECT_DOUBLE_EQ(neuron.attention.gc.macs, 4 * 2 * (2 * elements + 2 * 64 * 16));
  EXPECT_DOUBLE_EQ(neuron.attention.sa.macs, 4 * (2 * 64 * 4 + elements));
  EXPECT_DOUBLE_EQ(neuron.attention.sum().macs - 4 * elements, neuron.macs);

  const auto& second = p.layers[2];
  ASSERT_EQ(second.input, "spikes");
  EXPECT_DOUBLE_EQ(second.bytes, 4 * (4.0 * (64 * 64 * 9 + 128) + elements / 8));
}

TEST(Profile, CountsWhatCurrentsCostWhereTheyPass) {
  for (const std::string name : {"resnet20", "vgg7", "vgg13"}) {
    SCOPED_TRACE(name);
    const auto p = profile_of(name, NeuronKind::kLif, 2, CurrentShortcut::kCurrent);
    double earlier = 0;  // values of the current that is passed along
    for (const auto& layer : p.layers) {
      if (layer.kind != "neuron") continue;
      const bool passes = name != "resnet20" || layer.name.find("conv2") != std::string::npos ||
                          layer.name.find("stem.2") != std::string::npos;
      const double joined = passes ? earlier : 0;
      std::int64_t channels = 0;
      std::int64_t height = 0;
      ASSERT_EQ(std::sscanf(layer.output.c_str(), "%ldx%ld", &channels, &height), 2);
      const auto elements = static_cast<double>(channels * height * height);
      EXPECT_DOUBLE_EQ(layer.acs, joined > 0 ? 4 * elements : 0) << layer.name;
      EXPECT_DOUBLE_EQ(layer.bytes,
                       4 * (4.0 * static_cast<double>(layer.parameters) + elements * 8.125 +
                            4 * joined + (passes ? 4 * elements : 0)))
          << layer.name;
      if (passes) earlier = elements;
    }
    EXPECT_GT(earlier, 0);
  }
}

TEST(Profile, AnANNOfTheSameShapeIsTheLayersOnce) {
  for (const auto& name : network_names()) {
    SCOPED_TRACE(name);
    double macs = 0;
    for (const auto& layer : profile_of(name, NeuronKind::kStaaLif, 2).layers) {
      macs += layer.ann_macs;
    }
    EXPECT_DOUBLE_EQ(macs, by_hand(name) / 4);
  }
}

TEST(Accumulates, CountEachSpikeThatArrivesAtEachOutput) {
  // The expected count comes from plain loops over outputs, kernel and spikes.
  torch::manual_seed(4);
  for (const std::int64_t stride : {1, 2}) {
    for (const std::int64_t kernel : {1, 3, 7}) {
      const auto spikes = torch::randn({2, 3, 9, 8}).gt(0.5).to(torch::kFloat);
      const auto weight = torch::zeros({5, 3, kernel, kernel});
      const auto pad = kernel / 2;
      const auto out_h = (9 + 2 * pad - kernel) / stride + 1;
      const auto out_w = (8 + 2 * pad - kernel) / stride + 1;
      const auto at = spikes.accessor<float, 4>();
      double expected = 0;
      for (int n = 0; n < 2; ++n)
        for (int c = 0; c < 3; ++c)
          for (int oy = 0; oy < out_h; ++oy)
            for (int ox = 0; ox < out_w; ++ox)
              for (int ky = 0; ky < kernel; ++ky)
                for (int kx = 0; kx < kernel; ++kx) {
                  const auto y = oy * stride + ky - pad;
                  const auto x = ox * stride + kx - pad;
                  if (y < 0 || x < 0 || y >= 9 || x >= 8) continue;
                  expected += 5 * at[n][c][y][x];
                }
      EXPECT_DOUBLE_EQ(convolution_accumulates(spikes, weight, stride), expected);
    }
  }
}

TEST(IsBinary, TellsSpikesFromValues) {
  EXPECT_TRUE(is_binary(torch::tensor({0.0F, 1.0F, 1.0F})));
  EXPECT_FALSE(is_binary(torch::tensor({0.0F, 0.25F})));
}

}  // namespace
}  // namespace staa::analysis
