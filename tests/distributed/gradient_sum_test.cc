#include "staa/distributed/gradient_sum.h"

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "distributed/together.h"

namespace staa::distributed {
namespace {

using test::together;

/// Three layers, of which the second may be left out of a step.
struct Layers : torch::nn::Module {
  Layers() {
    torch::NoGradGuard no_grad;
    for (int i = 0; i < 3; ++i) {
      layers.push_back(register_module("layer" + std::to_string(i), torch::nn::Linear(5, 5)));
      for (auto& parameter : layers.back()->parameters()) {
        parameter.copy_(torch::linspace(-0.5 + 0.1 * i, 0.5, parameter.numel()).view_as(parameter));
      }
    }
  }
  torch::Tensor forward(const torch::Tensor& x, bool all) {
    auto y = torch::tanh(layers[0]->forward(x));
    if (all) y = torch::tanh(layers[1]->forward(y));
    return layers[2]->forward(y);
  }
  std::vector<torch::nn::Linear> layers;
};

torch::Tensor samples(std::int64_t count) {
  return torch::sin(torch::arange(count * 5, torch::kFloat)).view({count, 5});
}

/// With 8 samples spread evenly over 4 members, the gradients of the summed squares must equal
/// those of one process with all 8, for buckets of any size. They must stay undefined for layers
/// that take no part.
void compare(std::int64_t bucket_bytes) {
  together(4, [bucket_bytes](const std::shared_ptr<Communicator>& all) {
    Layers whole;
    Layers part;
    GradientSum gradients(part, all, bucket_bytes);
    for (const bool with_second : {false, true, false}) {
      whole.zero_grad();
      part.zero_grad();
      whole.forward(samples(8), with_second).square().sum().backward();
      gradients.begin();
      part.forward(samples(8).narrow(0, all->rank() * 2, 2), with_second).square().sum().backward();
      gradients.finish();
      for (const auto& item : whole.named_parameters()) {
        const auto& expected = item.value().grad();
        const auto found = part.named_parameters()[item.key()].grad();
        ASSERT_EQ(expected.defined(), found.defined()) << item.key();
        if (!expected.defined()) continue;
        EXPECT_TRUE(torch::allclose(found, expected, 1e-4, 1e-5)) << item.key();
      }
    }
  });
}

TEST(GradientSum, OfPartsIsTheGradientOfTheWhole) {
  STAA_NEEDS_MANY_PROCESSES();
  compare(1 << 20);  // one bucket
  compare(64);       // one or two buckets per layer
  compare(1);        // one bucket per parameter
}

TEST(GradientSum, LeavesTheGradientsOfAProcessAloneAsTheyAre) {
  Layers layers;
  GradientSum gradients(layers, alone());
  gradients.begin();
  layers.forward(samples(2), true).sum().backward();
  const auto before = layers.layers[0]->weight.grad().clone();
  gradients.finish();
  EXPECT_TRUE(torch::equal(layers.layers[0]->weight.grad(), before));
}

}  // namespace
}  // namespace staa::distributed
