#include "staa/ops/check_call.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ops/random_case.h"
#include "staa/ops/implementation.h"
#include "staa/ops/neurons.h"
#include "staa/ops/spike_convolution.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::ops {
namespace {

using test::expect_error;
using test::random_case;
using torch::Tensor;

BatchNorm valid_norm(std::int64_t channels, torch::ScalarType type, bool training) {
  BatchNorm norm;
  norm.weight = torch::rand({channels}, type) + 0.5;
  norm.bias = torch::randn({channels}, type);
  norm.running_mean = torch::randn({channels}, type);
  norm.running_var = torch::rand({channels}, type) + 0.5;
  norm.training = training;
  return norm;
}

/// Valid arguments for all three neurons, with every optional argument given.
struct Arguments {
  NeuronInput input{Tensor()};
  Tensor decay;
  Tensor gain;
  StaaLifParameters parameters;
  NeuronOptions options;
  std::vector<bool> dropped;

  explicit Arguments(std::uint64_t seed) {
    auto c = random_case(seed);
    while (!c.options.gc || !c.options.pe || !c.options.sa) c = random_case(++seed);
    const auto type = c.x.scalar_type();
    const auto channels = c.x.size(2);
    const bool training = seed % 2 == 0 && c.x.numel() > channels;
    input =
        NeuronInput(Current(c.x.detach().clone(), valid_norm(channels, type, training)),
                    Current(torch::randn(c.x.sizes(), type), valid_norm(channels, type, training)),
                    c.x.size(0));
    decay = torch::rand({channels}, type);
    gain = torch::rand({channels}, type);
    parameters = c.parameters;
    options = c.options;
    dropped = c.dropped;
  }

  using Named = std::pair<std::string, Tensor*>;

  std::vector<Named> of_input() {
    std::vector<Named> all{{"x", &input.main.values}, {"residual", &input.residual.values}};
    for (auto [name, norm] :
         {std::pair{"norm", &input.main.norm}, std::pair{"residual_norm", &input.residual.norm}}) {
      const std::string prefix(name);
      all.insert(all.end(), {{prefix + ".weight", &norm->weight},
                             {prefix + ".bias", &norm->bias},
                             {prefix + ".running_mean", &norm->running_mean},
                             {prefix + ".running_var", &norm->running_var}});
    }
    return all;
  }

  std::vector<Named> of_adaptive() { return {{"decay", &decay}, {"gain", &gain}}; }

  std::vector<Named> of_aggregator() {
    std::vector<Named> all{{"pe", &parameters.pe}};
    for (auto [name, gc] : {std::pair{"gc1", &parameters.gc1}, std::pair{"gc2", &parameters.gc2}}) {
      const std::string prefix(name);
      all.insert(all.end(), {{prefix + ".key.weight", &gc->key_weight},
                             {prefix + ".key.bias", &gc->key_bias},
                             {prefix + ".query.weight", &gc->query_weight},
                             {prefix + ".query.bias", &gc->query_bias},
                             {prefix + ".norm.weight", &gc->norm_weight},
                             {prefix + ".norm.bias", &gc->norm_bias},
                             {prefix + ".value.weight", &gc->value_weight},
                             {prefix + ".value.bias", &gc->value_bias}});
    }
    auto& sa = parameters.sa;
    all.insert(all.end(), {{"sa.reduce.weight", &sa.reduce_weight},
                           {"sa.reduce.bias", &sa.reduce_bias},
                           {"sa.expand.weight", &sa.expand_weight},
                           {"sa.expand.bias", &sa.expand_bias}});
    return all;
  }
};

/// The operator of a neuron, with its call and its tensor arguments.
struct Operator {
  const char* name;
  std::function<void(const Arguments&)> call;
  std::function<std::vector<Arguments::Named>(Arguments&)> tensors;
};

std::vector<Operator> operators() {
  const auto joined = [](std::vector<Arguments::Named> a, const std::vector<Arguments::Named>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  return {
      {"lif", [](const Arguments& a) { lif(a.input, a.options); },
       [](Arguments& a) { return a.of_input(); }},
      {"adaptive_lif",
       [](const Arguments& a) {
         auto options = a.options;
         options.kind = NeuronKind::kAdaptiveLif;
         adaptive_lif(a.input, a.decay, a.gain, options);
       },
       [joined](Arguments& a) { return joined(a.of_input(), a.of_adaptive()); }},
      {"staa_lif",
       [](const Arguments& a) { staa_lif(a.input, a.parameters, a.options, a.dropped); },
       [joined](Arguments& a) { return joined(a.of_input(), a.of_aggregator()); }},
  };
}

/// Invalid replacements for a tensor: each extent changed by one, to 1 and to 64; other numbers of
/// dimensions; integers; a sparse tensor; and, if it is not optional, no tensor.
std::vector<Tensor> wrong_forms(const std::string& name, const Tensor& tensor) {
  std::vector<Tensor> all;
  const bool sequence = name == "x" || name == "residual";
  const auto shape = tensor.sizes().vec();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    for (const auto extent : {shape[d] + 1, shape[d] - 1, std::int64_t{1}, std::int64_t{64}}) {
      if (extent == shape[d] || extent < 0) continue;
      if (sequence && d == 0 && extent == 1) continue;  // would be repeated
      if (name == "pe" && d + 2 == shape.size() && extent > shape[d]) continue;  // more rows
      auto changed = shape;
      changed[d] = extent;
      all.push_back(torch::rand(changed, tensor.options()));
    }
  }
  auto more = shape;
  more.push_back(1);
  all.push_back(torch::rand(more, tensor.options()));
  more.back() = 2;
  all.push_back(torch::rand(more, tensor.options()));
  all.push_back(torch::rand({}, tensor.options()));
  all.push_back(torch::rand({0}, tensor.options()));
  all.push_back(torch::ones(shape, tensor.options().dtype(torch::kLong)));
  all.push_back(torch::rand(shape, tensor.options()).to_sparse());
  const bool optional = name == "pe" || name == "residual" || name == "x";
  if (!optional) all.emplace_back();
  return all;
}

/// The call must fail with an Error that names the operator and, unless it is x, the argument.
void expect_refused(const Operator& op, const Arguments& wrong, const std::string& argument) {
  std::vector<std::string> parts{std::string(op.name) + ": ", "expected", "found"};
  // If x itself is wrong, an argument that no longer fits it may be named first.
  if (argument != "x") parts.push_back(argument.substr(0, argument.find('.')));
  expect_error(ErrorKind::kRuntime, parts, [&] { op.call(wrong); });
}

void refuse_every_wrong_tensor(const Operator& op, std::uint64_t seed) {
  Arguments right(seed);
  op.call(right);
  const auto count = op.tensors(right).size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto [name, original] = op.tensors(right)[i];
    for (const auto& form : wrong_forms(name, *original)) {
      Arguments wrong(seed);
      *op.tensors(wrong)[i].second = form;
      SCOPED_TRACE(testing::Message()
                   << op.name << ", seed " << seed << ": " << name << " "
                   << (form.defined() ? c10::str(form.sizes(), " ", form.scalar_type()) : "none")
                   << " for " << original->sizes() << " with x "
                   << right.input.main.values.sizes());
      expect_refused(op, wrong, name);
    }
  }
}

class CheckCall : public testing::TestWithParam<bool> {};

TEST_P(CheckCall, EveryTensorOfAnotherFormIsRefused) {
  for (const auto& op : operators()) {
    for (std::uint64_t seed = 1000; seed < 2200; seed += 101) {
      if (GetParam()) {
        const UseReference reference;
        refuse_every_wrong_tensor(op, seed);
      } else {
        refuse_every_wrong_tensor(op, seed);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Way, CheckCall, testing::Bool(),
                         [](const auto& test) { return test.param ? "Reference" : "Fused"; });

TEST(CheckCallNumbers, StepsDrawsAndNumbersThatDoNotFitAreRefused) {
  for (const auto& op : operators()) {
    SCOPED_TRACE(op.name);
    std::uint64_t seed = 3;
    while (Arguments(seed).input.given < 3) ++seed;
    const Arguments right(seed);
    const auto with = [&](const char* part, const std::function<void(Arguments&)>& change) {
      auto wrong = right;
      change(wrong);
      expect_error(ErrorKind::kRuntime, {op.name, part}, [&] { op.call(wrong); });
    };
    const auto steps = right.input.given;
    for (const auto given : {steps - 1, steps + 1, steps + 64, std::int64_t{-1}}) {
      with("expected", [&](Arguments& a) { a.input.given = given; });
    }
    with("norm.eps", [](Arguments& a) { a.input.main.norm.eps = -1; });
    with("residual_norm.momentum", [](Arguments& a) { a.input.residual.norm.momentum = NAN; });
    with("residual", [](Arguments& a) { a.input.residual.values = Tensor(); });
    with("x: expected a tensor", [](Arguments& a) { a.input.main.values = Tensor(); });
    with("norm: expected at least one image", [](Arguments& a) {
      a.input.main.norm.training = true;
      a.input.main.values = a.input.main.values.narrow(1, 0, 0);
      a.input.residual = {};
    });
    with("bits", [](Arguments& a) {
      a.input.residual.norm = {};
      a.input.residual.bits = torch::zeros({1, 1, 1}, torch::kLong);
    });
    with("bits", [](Arguments& a) {
      const auto& x = a.input.main.values;
      a.input.residual.norm = {};
      a.input.residual.bits = torch::zeros({x.size(0), x.size(1), 100}, torch::kFloat);
    });
  }
  Arguments wrong(3);
  for (const auto size : {wrong.dropped.size() + 1, wrong.dropped.size() - 1}) {
    if (size == 0) continue;
    wrong.dropped.assign(size, false);
    expect_error(ErrorKind::kRuntime, {"staa_lif: dropped", "one per time step"},
                 [&] { operators()[2].call(wrong); });
  }
}

TEST(CheckCallNumbers, AnEmptyBatchGivesNoSpikesInEvaluation) {
  for (const auto& op : operators()) {
    Arguments a(3);
    a.input.main.norm.training = a.input.residual.norm.training = false;
    for (auto* term : {&a.input.main, &a.input.residual}) {
      term->values = term->values.narrow(1, 0, 0);
    }
    op.call(a);
  }
  EXPECT_EQ(spike_convolution(torch::zeros({0, 3, 5, 5}), torch::zeros({2, 3, 3, 3})).sizes(),
            (std::vector<std::int64_t>{0, 2, 5, 5}));
}

/// With a single context block, or two of different widths, the reference computes the call,
/// because the kernels do not support it.
TEST(CheckCallNumbers, ContextBlocksThatDifferAreComputedAsTheReferenceDoes) {
  Arguments a(17);
  const auto expect_same = [&](const StaaLifParameters& parameters) {
    Tensor expected;
    {
      const UseReference reference;
      expected = staa_lif(a.input.main.values, parameters, a.options, a.dropped).values;
    }
    EXPECT_TRUE(
        staa_lif(a.input.main.values, parameters, a.options, a.dropped).values.equal(expected));
  };
  auto one = a.parameters;
  one.gc2 = {};
  expect_same(one);
  one = a.parameters;
  one.gc1 = {};
  expect_same(one);
  auto wider = a.parameters;
  auto& gc = wider.gc2;
  for (auto* tensor : {&gc.query_weight, &gc.query_bias, &gc.norm_weight, &gc.norm_bias}) {
    *tensor = torch::cat({*tensor, *tensor});
  }
  gc.value_weight = torch::cat({gc.value_weight, gc.value_weight}, 1);
  expect_same(wider);
}

TEST(CheckConvolution, EveryTensorOfAnotherFormIsRefused) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    torch::manual_seed(seed);
    const auto n = 1 + random.below(3);
    const auto in = 2 + random.below(8);
    const auto size = 3 + random.below(4);
    const auto x = torch::rand({n, in, size, size}).lt(0.3).to(torch::kFloat);
    const auto weight = torch::randn({1 + random.below(9), in, 3, 3});
    const auto words = (in * size * size + 63) / 64;
    spike_convolution(x, weight);
    const auto refused = [&](const Tensor& values, const Tensor& kernel, std::int64_t stride,
                             std::int64_t padding, const Tensor& bits) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << values.sizes() << " "
                                      << kernel.sizes() << " " << stride << " " << padding);
      expect_error(ErrorKind::kRuntime, {"spike_conv2d: ", "expected", "found"},
                   [&] { convolve_spikes(values, kernel, stride, padding, bits); });
    };
    for (const auto& [values, kernel] : std::vector<std::pair<Tensor, Tensor>>{
             {x[0], weight},
             {x.unsqueeze(0), weight},
             {x.narrow(1, 0, in - 1), weight},
             {x.to(torch::kLong), weight},
             {x.to_sparse(), weight},
             {x, weight.narrow(1, 0, in - 1)},
             {x, weight[0]},
             {x, weight.narrow(0, 0, 0)},
             {x, weight.to(torch::kLong)},
             {x, weight.expand({weight.size(0), in, 3, 3}).flatten(2)},
             {x, torch::randn({2, in, size + 3, 3})},
             {x.narrow(2, 0, 0), torch::randn({2, in, 3, 3})}}) {
      refused(values, kernel, 1, 1, {});
    }
    for (const auto& [stride, padding] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {0, 1}, {-1, 1}, {1, -1}, {1, std::int64_t{1} << 62}}) {
      refused(x, weight, stride, padding, {});
    }
    for (const auto& bits :
         {torch::zeros({n, words + 1}, torch::kLong), torch::zeros({n + 1, words}, torch::kLong),
          torch::zeros({n, words - 1}, torch::kLong), torch::zeros({n, words}, torch::kInt),
          torch::zeros({n, 2 * words}, torch::kLong).slice(1, 0, 2 * words, 2),
          torch::zeros({n * words}, torch::kLong)}) {
      if (bits.sizes() == at::IntArrayRef({n, words}) && bits.is_contiguous() &&
          bits.scalar_type() == torch::kLong) {
        continue;  // this slice is valid if there is only one word and one image
      }
      refused(x, weight, 1, 1, bits);
    }
  }
}

}  // namespace
}  // namespace staa::ops
