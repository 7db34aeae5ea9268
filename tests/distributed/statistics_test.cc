#include "distributed/together.h"
#include "staa/nn/layers.h"
#include "staa/ops/implementation.h"

namespace staa::distributed {
namespace {

using test::together;

constexpr std::int64_t kSteps = 3;
constexpr std::int64_t kBatch = 6;

nn::ConvNeuron make_layer() {
  torch::manual_seed(3);
  models::NetworkOptions options;
  options.neuron.kind = NeuronKind::kLif;
  options.neuron.threshold = 0.5;
  options.steps = kSteps;
  return nn::ConvNeuron(nn::ConvShape{4, 8}, options);
}

struct Result {
  torch::Tensor spikes, input_gradient, weight_gradient, norm_gradient, mean, variance;
};

Result run(nn::ConvNeuron layer, const torch::Tensor& x) {
  auto input = x.clone().requires_grad_();
  auto spikes = layer->forward(input);
  // The loss gives every position a different weight.
  (spikes * torch::cos(torch::arange(spikes.numel() / spikes.size(1), torch::kFloat))
                .view({spikes.size(0), 1, spikes.size(2), spikes.size(3), spikes.size(4)}))
      .sum()
      .backward();
  auto parameters = layer->named_parameters();
  auto buffers = layer->named_buffers();
  return {spikes.detach(),
          input.grad(),
          parameters["conv.weight"].grad().clone(),
          parameters["norm.weight"].grad().clone(),
          buffers["norm.running_mean"].clone(),
          buffers["norm.running_var"].clone()};
}

/// Two members with 4 and 2 of the 6 samples must compute the same as one member with all of them.
void compare(bool reference) {
  auto whole_layer = make_layer();
  torch::manual_seed(4);
  const auto x = torch::randn({kSteps, kBatch, 4, 6, 6}) + 0.5;
  Result whole;
  {
    const auto guard = reference ? std::make_unique<ops::UseReference>() : nullptr;
    whole = run(whole_layer, x);
  }
  auto first = make_layer();
  auto second = make_layer();
  together(2, [&](const std::shared_ptr<Communicator>& all) {
    const auto guard = reference ? std::make_unique<ops::UseReference>() : nullptr;
    auto& layer = all->rank() == 0 ? first : second;
    layer->share_statistics([&](torch::Tensor& sums) { all->sum(sums); });
    const auto begin = all->rank() == 0 ? 0 : 4;
    const auto count = all->rank() == 0 ? 4 : 2;
    const auto part = run(layer, x.narrow(1, begin, count));
    const auto alike = [](const torch::Tensor& a, const torch::Tensor& b) {
      return torch::allclose(a, b, 1e-4, 1e-4);
    };
    EXPECT_TRUE(torch::equal(part.spikes, whole.spikes.narrow(1, begin, count)));
    EXPECT_TRUE(alike(part.input_gradient, whole.input_gradient.narrow(1, begin, count)));
    EXPECT_TRUE(alike(part.mean, whole.mean));
    EXPECT_TRUE(alike(part.variance, whole.variance));
    const auto weight = part.weight_gradient.contiguous();
    const auto norm = part.norm_gradient.contiguous();
    all->sum(weight);
    all->sum(norm);
    EXPECT_TRUE(alike(weight, whole.weight_gradient));
    EXPECT_TRUE(alike(norm, whole.norm_gradient));
  });
}

TEST(SharedStatistics, OfTheFusedOperatorsAreThoseOfTheWholeBatch) {
  STAA_NEEDS_MANY_PROCESSES();
  compare(/*reference=*/false);
}

TEST(SharedStatistics, OfTheReferenceAreThoseOfTheWholeBatch) {
  STAA_NEEDS_MANY_PROCESSES();
  compare(/*reference=*/true);
}

}  // namespace
}  // namespace staa::distributed
