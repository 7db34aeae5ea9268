#include "staa/ops/cuda.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/cuda.h>

#include <functional>

#include "ops/compare.h"
#include "ops/random_case.h"
#include "staa/ops/neuron/backend.h"
#include "staa/ops/neurons.h"
#include "staa/ops/reference/input.h"
#include "staa/ops/reference/neurons.h"

/// Compares fused neurons on a GPU with the reference composition there. The file is compiled a
/// second time for a GPU that the processor emulates.
namespace staa::ops {
namespace {

using test::CaseSize;
using test::expect_equal;
using test::random_case;
using test::RandomCase;
using test::spikes_and_gradients;

#ifdef STAA_EMULATED_CUDA
constexpr torch::DeviceType kGpu = torch::kCPU;
constexpr std::uint64_t kShare = 4;  // use fewer seeds: the emulation is slow
#define STAA_NEED_GPU()
#else
constexpr torch::DeviceType kGpu = torch::kCUDA;
constexpr std::uint64_t kShare = 1;
#define STAA_NEED_GPU() \
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device"
#endif

torch::Tensor on_gpu(const torch::Tensor& tensor, torch::ScalarType type) {
  if (!tensor.defined()) return tensor;
  return tensor.detach().to(kGpu).to(type).requires_grad_(true);
}

GcParameters on_gpu(const GcParameters& gc, torch::ScalarType type) {
  const auto all = gc.list();
  const auto at = [&](std::size_t i) { return on_gpu(all[i], type); };
  return {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
}

RandomCase on_gpu(RandomCase c, torch::ScalarType type) {
  c.x = on_gpu(c.x, type);
  auto& p = c.parameters;
  p.pe = on_gpu(p.pe, type);
  p.gc1 = on_gpu(p.gc1, type);
  p.gc2 = on_gpu(p.gc2, type);
  const auto sa = p.sa.list();
  p.sa = {on_gpu(sa[0], type), on_gpu(sa[1], type), on_gpu(sa[2], type), on_gpu(sa[3], type)};
  return c;
}

/// Spikes and gradients on the GPU, by the kernels or the composition, copied to memory.
template <class F>
std::vector<torch::Tensor> run(const F& neuron, const std::vector<torch::Tensor>& inputs) {
  auto all = spikes_and_gradients(neuron(), inputs);
  for (auto& tensor : all) {
    if (tensor.defined()) tensor = tensor.cpu();
  }
  return all;
}

/// Otherwise the tests below would compare the composition with itself.
TEST(CudaNeurons, RunOnKernels) {
  STAA_NEED_GPU();
  if (!cuda::has_kernels()) GTEST_SKIP() << "a build without kernels";
  const auto x = torch::randn({2, 3, 8, 4, 4}, kGpu);
  const auto takes = [](const torch::Tensor& currents, bool aggregate,
                        const std::function<void(NeuronCall&)>& change = {}) {
    auto call = make_call(NeuronInput(currents), {});
    call.settings.aggregate = aggregate;
    if (change) change(call);
    return cuda_backend().takes(call);
  };
  for (const bool aggregate : {false, true}) EXPECT_TRUE(takes(x, aggregate));
  EXPECT_EQ(choose_backend(make_call(NeuronInput(x), {})), &cuda_backend());
  EXPECT_FALSE(takes(torch::randn({257, 1, 8, 1, 1}, kGpu), false));
  EXPECT_FALSE(takes(torch::randn({2, 1, 20000, 1, 1}, kGpu), true));
  EXPECT_FALSE(takes(x, false, [](NeuronCall& call) { call.settings.has_state = true; }));
  EXPECT_FALSE(takes(x, false, [](NeuronCall& call) { call.settings.membranes.subtract = 1; }));
  EXPECT_FALSE(takes(
      x, false, [](NeuronCall& call) { call.settings.options.activation = Activation::kRelu; }));
  EXPECT_FALSE(takes(
      x, false, [](NeuronCall& call) { call.tensors.gain = torch::ones({8}, torch::kDouble); }));
  EXPECT_FALSE(lif(x, {}).bits.defined());  // the processor's kernels return bits
}

TEST(CudaNeurons, MatchTheReference) {
  STAA_NEED_GPU();
  for (std::uint64_t seed = 1; seed <= 100 / kShare; ++seed) {
    const auto size = seed % 2 == 0 ? CaseSize::kWide : CaseSize::kSmall;
    const auto c = on_gpu(random_case(seed, size), torch::kDouble);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    const auto inputs = c.inputs();
    expect_equal(
        run([&] { return staa_lif(c.x, c.parameters, c.options, c.dropped).values; }, inputs),
        run([&] { return reference::staa_lif(c.x, c.parameters, c.options, c.dropped); }, inputs),
        1e-9);
    expect_equal(run([&] { return lif(c.x, c.options).values; }, {c.x}),
                 run([&] { return reference::lif(c.x, c.options); }, {c.x}), 1e-9);
    auto options = c.options;
    options.kind = NeuronKind::kAdaptiveLif;
    const auto decay = on_gpu(torch::rand({c.x.size(2)}), torch::kDouble);
    const auto gain = on_gpu(torch::rand({c.x.size(2)}), torch::kDouble);
    expect_equal(
        run([&] { return adaptive_lif(c.x, decay, gain, options).values; }, {c.x, decay, gain}),
        run([&] { return reference::adaptive_lif(c.x, decay, gain, options); }, {c.x, decay, gain}),
        1e-9);
  }
}

TEST(CudaNeurons, NormAndResidualMatchTheReference) {
  STAA_NEED_GPU();
  for (std::uint64_t seed = 1; seed <= 60 / kShare; ++seed) {
    const auto c = on_gpu(random_case(seed, CaseSize::kWide), torch::kDouble);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    const auto channels = c.x.size(2);
    const auto leaf = [&](const torch::Tensor& tensor) { return on_gpu(tensor, torch::kDouble); };
    const auto input = [&, weight = leaf(torch::rand({channels}) + 0.5),
                        bias = leaf(torch::randn({channels}) * 0.3),
                        residual = leaf(torch::randn(c.x.sizes()))] {
      BatchNorm norm;
      norm.weight = weight;
      norm.bias = bias;
      norm.running_mean = torch::zeros_like(weight).detach();
      norm.running_var = torch::ones_like(weight).detach();
      norm.training = seed % 3 != 0;
      return NeuronInput(Current(c.x, norm), Current(residual));
    };
    const auto first = input();
    const auto second = input();
    auto inputs = c.inputs();
    inputs.insert(inputs.end(),
                  {first.main.norm.weight, first.main.norm.bias, first.residual.values});
    expect_equal(
        run([&] { return staa_lif(first, c.parameters, c.options, c.dropped).values; }, inputs),
        run(
            [&] {
              return reference::staa_lif(reference::compose(second), c.parameters, c.options,
                                         c.dropped);
            },
            inputs),
        1e-7);
    EXPECT_TRUE(torch::allclose(first.main.norm.running_mean, second.main.norm.running_mean));
    EXPECT_TRUE(torch::allclose(first.main.norm.running_var, second.main.norm.running_var));
  }
}

/// For 16-bit inputs all arithmetic is float, so the spikes are those of the same inputs in float.
TEST(CudaNeurons, ReadAndWriteHalves) {
  STAA_NEED_GPU();
  for (const auto type : {torch::kHalf, torch::kBFloat16}) {
    for (std::uint64_t seed = 1; seed <= 25 / kShare; ++seed) {
      auto c = on_gpu(random_case(seed, CaseSize::kWide), torch::kFloat);
      SCOPED_TRACE(testing::Message() << type << ", seed " << seed << ": " << c);
      const auto half = c.x.detach().to(type).requires_grad_(true);
      c.x = half.detach().to(torch::kFloat).requires_grad_(true);
      const auto found = staa_lif(half, c.parameters, c.options, c.dropped).values;
      const auto expected = staa_lif(c.x, c.parameters, c.options, c.dropped).values;
      ASSERT_EQ(found.scalar_type(), type);
      ASSERT_TRUE(found.to(torch::kFloat).equal(expected));
      const auto weights = torch::randn_like(expected).to(type);
      const auto dx = torch::autograd::grad({found}, {half}, {weights})[0];
      const auto wide = torch::autograd::grad({expected}, {c.x}, {weights.to(torch::kFloat)})[0];
      const auto scale = wide.abs().max().item<double>();
      EXPECT_LE((dx.to(torch::kFloat) - wide).abs().max().item<double>(), scale / 256);
    }
  }
}

TEST(CudaNeurons, GiveTheSameBitsEveryTime) {
  STAA_NEED_GPU();
  const auto c = on_gpu(random_case(11, CaseSize::kWide), torch::kFloat);
  const auto neuron = [&] { return staa_lif(c.x, c.parameters, c.options, c.dropped).values; };
  const auto first = run(neuron, c.inputs());
  const auto again = run(neuron, c.inputs());
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].defined()) {
      EXPECT_TRUE(first[i].equal(again[i])) << "tensor " << i;
    }
  }
}

}  // namespace
}  // namespace staa::ops
