// Tests on public files that are not part of the project. Each test says what it needs when it
// skips.
#include <cstdlib>
#include <filesystem>

#include "nir/compare.h"
#include "staa/events/recording.h"
#include "staa/events/spans.h"
#include "staa/nir/read.h"
#include "support/support.h"

namespace staa::nir {
namespace {

namespace fs = std::filesystem;

class RealNirFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("STAA_TEST_NIR");
    if (folder == nullptr) {
      GTEST_SKIP() << "needs STAA_TEST_NIR: a folder with cnn_sinabs.nir, two_lif_neurons.nir and "
                      "braille_noDelay_bias_zero.nir of the NIR paper";
    }
    folder_ = folder;
  }

  fs::path folder_;
};

TEST_F(RealNirFiles, TwoLifNeuronsMatchThePlainLoop) {
  const auto graph = read(folder_ / "two_lif_neurons.nir");
  Random random{1};
  double fired = 0;
  EXPECT_TRUE(test::compare(graph, {}, random, true, {}, 1000, &fired));
  EXPECT_GT(fired, 0);
}

/// Compares every output spike of 256 steps, with inputs that make the network fire.
TEST_F(RealNirFiles, TheBrailleReaderMatchesThePlainLoopStepByStep) {
  const auto graph = read(folder_ / "braille_noDelay_bias_zero.nir");
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{seed};
    double fired = 0;
    EXPECT_TRUE(test::compare(graph, {}, random, true, {{"lif1.lif", "lif1.w_rec"}}, 256, &fired));
    EXPECT_GT(fired, 100);
  }
}

TEST_F(RealNirFiles, TheConvolutionalNetworkMatchesThePlainLoop) {
  const auto graph = read(folder_ / "cnn_sinabs.nir");
  Random random{1};
  double fired = 0;
  EXPECT_TRUE(test::compare(graph, {}, random, true, {}, 4, &fired));
  EXPECT_GT(fired, 0);
}

TEST_F(RealNirFiles, TheConvolutionalNetworkReadsNmnist) {
  const char* recordings = std::getenv("STAA_TEST_NMNIST_SMALL");
  if (recordings == nullptr) {
    GTEST_SKIP() << "needs STAA_TEST_NMNIST_SMALL: the folder NMNISTsmall with test100.txt";
  }
  const auto imported = import_graph(read(folder_ / "cnn_sinabs.nir"), {}, "cnn_sinabs.nir");
  const auto model = runtime::Model::load(imported.file, "cnn_sinabs.nir");
  runtime::Session session(model);
  std::ifstream list(fs::path(recordings) / "test100.txt");
  std::string line;
  std::size_t right = 0;
  std::size_t all = 0;
  while (std::getline(list, line)) {
    std::istringstream words(line);
    int number = 0;
    std::size_t label = 0;
    if (!(words >> number >> label)) continue;  // the heading
    events::Recording recording;
    recording.path = fs::path(recordings) / (std::to_string(number) + ".bs2");
    recording.format = events::format_of(recording.path);
    recording.sensor = {34, 34};
    const auto stream = events::open_recording(recording);
    const auto frames = events::integrate_spans(*stream, 1000, {300, {}, {34, 34}});
    const std::vector<float> values(frames.values.begin(), frames.values.end());
    session.reset();
    runtime::Prediction found;
    for (std::size_t t = 0; t < 300; ++t) {
      found = session.push(values.data() + t * model.input().values());
    }
    right += found.label == label ? 1 : 0;
    ++all;
  }
  EXPECT_EQ(all, 100U);
  EXPECT_GE(right, 96U);
}

}  // namespace
}  // namespace staa::nir
