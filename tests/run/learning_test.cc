// Every network learns: in a few passes over 500 real images, its loss must get well below the loss
// that its head alone reaches on a frozen, untrained body.
#include <gtest/gtest.h>

#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/options/network_table.h"
#include "staa/train/batch.h"
#include "staa/train/loss.h"
#include "staa/train/optimizer.h"

namespace staa::run {
namespace {

constexpr std::int64_t kImages = 500;
constexpr std::int64_t kBatch = 50;

struct Images {
  torch::Tensor values;  ///< [N, 1, 28, 28]
  torch::Tensor labels;
};

/// The first images of Fashion-MNIST, or nothing if the system does not have it.
std::optional<Images> real_images() {
  recipe::Recipe recipe;
  recipe.data.set = "fashion-mnist";
  recipe.data.limit_train = kImages;
  recipe.data.limit_test = 10;
  recipe.data.workers = 0;
  recipe.train.batch = kImages;
  try {
    const auto loader = inputs::training_loader(inputs::open_data(recipe).train, recipe);
    loader->start(0);
    auto batch =
        train::to_tensors(std::move(*loader->next()), loader->source().shape(), torch::kCPU);
    return Images{batch.inputs[0], batch.labels};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

models::NetworkOptions options_of(const std::string& network, NeuronKind kind) {
  models::NetworkOptions options;
  options.network = network;
  options.width = network == "resnet19" ? 0.0625 : 0.125;  // resnet19 is wide
  options.steps = 2;
  options.in_channels = 1;
  options.start = Start::kIdentity;
  options.residual_gain = 0.3;
  options.norm_momentum = 0.4;
  options.neuron.kind = kind;
  options.neuron.decay_input = false;
  options.neuron.threshold = 0.5;
  options.neuron.surrogate = Surrogate::kTriangle;
  options.neuron.surrogate_width = 1.5;
  options.neuron.sa_gain = SaGain::kOutside;
  return options;
}

/// The mean training loss in the last of several passes; with `frozen`, only the head learns.
double train_network(const models::NetworkOptions& options, const Images& images, bool frozen) {
  constexpr int kEpochs = 6;
  torch::manual_seed(3);
  const auto network = models::make_network(options);
  for (auto& item : network->named_parameters()) {
    if (frozen && item.key().rfind("head", 0) != 0) item.value().set_requires_grad(false);
  }
  train::OptimizerOptions rates;
  rates.kind = train::OptimizerKind::kAdamW;
  rates.lr = 0.003;
  rates.head.lr = 3;
  train::Optimizer optimizer(*network, rates);
  double sum = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    sum = 0;
    for (std::int64_t first = 0; first < kImages; first += kBatch) {
      const auto labels = images.labels.narrow(0, first, kBatch);
      optimizer.zero_grad();
      const auto logits = network->forward(images.values.narrow(0, first, kBatch));
      const auto loss = train::mean_output_loss(logits, train::soft_targets(labels, 10, 0));
      loss.backward();
      optimizer.step();
      sum += loss.item<double>() / (kImages / kBatch);
    }
  }
  return sum;
}

class EveryNetwork : public testing::TestWithParam<std::string> {};

TEST_P(EveryNetwork, LearnsMoreThanItsHead) {
  const auto images = real_images();
  if (!images) GTEST_SKIP() << "needs Fashion-MNIST (Debian: dataset-fashion-mnist)";
  for (const auto kind : {NeuronKind::kLif, NeuronKind::kStaaLif}) {
    const auto options = options_of(GetParam(), kind);
    const double head = train_network(options, *images, /*frozen=*/true);
    const double whole = train_network(options, *images, /*frozen=*/false);
    std::cout << GetParam() << ", neuron " << static_cast<int>(kind) << ": head alone " << head
              << ", all " << whole << '\n';
    EXPECT_LT(whole, 0.9 * head);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryNetwork, testing::ValuesIn(network_names()),
                         [](const auto& network) { return network.param; });

}  // namespace
}  // namespace staa::run
