// Compares each type of node with a plain reference, over random shapes and constants.
#include <functional>

#include "nir/compare.h"

namespace staa::nir {
namespace {

using test::Extents;
using test::GraphBuilder;

constexpr std::uint64_t kCases = 40;

/// A random graph that contains a certain type of node.
struct Case {
  GraphBuilder build;
  Random random;
  ImportOptions options;

  explicit Case(std::uint64_t seed) : random{seed} {
    options.discretisation =
        random.below(2) == 0 ? Discretisation::kEuler : Discretisation::kExponential;
    options.subtract = random.below(3) == 0;
  }

  std::int64_t from(std::int64_t least, std::int64_t most) {
    return least + random.below(most - least + 1);
  }

  Array values(const Extents& shape, double low, double high) {
    auto array = GraphBuilder::filled(shape, 0);
    for (auto& value : array.values) value = random.uniform(low, high);
    return array;
  }

  Extents image() { return {from(1, 5), from(3, 9), from(3, 9)}; }
};

/// Runs `make` for many seeds. In enough of the cases, rounding must not decide the spikes.
void try_cases(const std::function<void(Case&)>& make) {
  std::uint64_t decided = 0;
  for (std::uint64_t seed = 0; seed < kCases; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const bool spikes : {true, false}) {
      Case one(seed);
      make(one);
      decided += test::compare(one.build.graph(), one.options, one.random, spikes) ? 1 : 0;
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(decided, kCases);
}

/// Input -> node -> Output.
Node& alone(Case& one, const std::string& type, const Extents& input) {
  one.build.input("in", input);
  one.build.output("out");
  one.build.chain({"in", "node", "out"});
  return one.build.add("node", type);
}

void convolution(Case& one, Node& node, std::int64_t channels, std::size_t axes) {
  const auto groups = channels % 2 == 0 ? one.from(1, 2) : 1;
  Extents shape{groups * one.from(1, 4), channels / groups};
  for (std::size_t i = 0; i < axes; ++i) shape.push_back(one.from(1, 3));
  node.arrays["weight"] = one.values(shape, -1, 1);
  node.arrays["bias"] = one.values({shape[0]}, -0.5, 0.5);
  node.arrays["groups"] = GraphBuilder::one(static_cast<double>(groups));
  const auto numbers = [&](std::int64_t least, std::int64_t most) {
    std::vector<double> values;
    for (std::size_t i = 0; i < axes; ++i) {
      values.push_back(static_cast<double>(one.from(least, most)));
    }
    return one.random.below(3) == 0 ? GraphBuilder::one(values[0]) : GraphBuilder::whole(values);
  };
  node.arrays["dilation"] = GraphBuilder::one(1);
  switch (one.random.below(3)) {
    case 0:
      node.texts["padding"] = "same";
      node.arrays["stride"] = GraphBuilder::one(1);
      node.arrays["dilation"] = numbers(1, 2);
      break;
    case 1:
      node.texts["padding"] = "valid";
      node.arrays["stride"] = numbers(1, 3);
      break;
    default: {
      std::vector<double> padding;
      for (std::size_t i = 0; i < axes; ++i) {
        padding.push_back(static_cast<double>(one.random.below(shape[2 + i])));
      }
      node.arrays["padding"] = GraphBuilder::whole(padding);
      node.arrays["stride"] = numbers(1, 2);
    }
  }
}

TEST(NirNodes, Conv2dMatchesThePlainLoop) {
  try_cases([](Case& one) {
    const auto shape = one.image();
    convolution(one, alone(one, "Conv2d", shape), shape[0], 2);
  });
}

TEST(NirNodes, Conv1dMatchesThePlainLoop) {
  try_cases([](Case& one) {
    const Extents shape{one.from(1, 4), one.from(5, 20)};
    convolution(one, alone(one, "Conv1d", shape), shape[0], 1);
  });
}

TEST(NirNodes, AffineAndLinearMatchThePlainLoop) {
  try_cases([](Case& one) {
    const bool affine = one.random.below(2) == 0;
    const auto inputs = one.from(1, 70);
    const auto outputs = one.from(1, 150);
    auto& node = alone(one, affine ? "Affine" : "Linear", {inputs});
    node.arrays["weight"] = one.values({outputs, inputs}, -1, 1);
    if (affine) node.arrays["bias"] = one.values({outputs}, -1, 1);
  });
}

TEST(NirNodes, PoolsMatchThePlainLoop) {
  try_cases([](Case& one) {
    auto& node = alone(one, one.random.below(2) == 0 ? "SumPool2d" : "AvgPool2d", one.image());
    const double rows = static_cast<double>(one.from(1, 3));
    const double columns = static_cast<double>(one.from(1, 3));
    node.arrays["kernel_size"] = GraphBuilder::whole({rows, columns});
    node.arrays["stride"] = GraphBuilder::whole(
        {static_cast<double>(one.from(1, 3)), static_cast<double>(one.from(1, 3))});
    node.arrays["padding"] =
        GraphBuilder::whole({static_cast<double>(one.random.below(static_cast<int>(rows))),
                             static_cast<double>(one.random.below(static_cast<int>(columns)))});
  });
}

TEST(NirNodes, ScaleThresholdAndFlattenMatchThePlainLoop) {
  try_cases([](Case& one) {
    const auto shape = one.image();
    one.build.input("in", shape);
    one.build.add("scale", "Scale").arrays["scale"] = one.values(shape, -2, 2);
    one.build.add("threshold", "Threshold").arrays["threshold"] =
        one.random.below(2) == 0 ? GraphBuilder::one(0.25) : one.values(shape, -1, 1);
    auto& flatten = one.build.add("flatten", "Flatten");
    const auto first = one.random.below(3);
    flatten.arrays["start_dim"] = GraphBuilder::one(static_cast<double>(first));
    const auto last = one.from(first, 2);
    flatten.arrays["end_dim"] =
        GraphBuilder::one(static_cast<double>(one.random.below(2) == 0 ? last : last - 3));
    one.build.output("out");
    one.build.chain({"in", "scale", "threshold", "flatten", "out"});
  });
}

TEST(NirNodes, DelayMatchesThePlainLoop) {
  try_cases([](Case& one) {
    const auto shape = one.image();
    one.options.dt = 1e-3;
    auto& node = alone(one, "Delay", shape);
    node.arrays["delay"] = one.values(shape, 0, 6e-3);
  });
}

/// Draws constants of neurons, some the same for all neurons and some different.
void neurons(Case& one, Node& node, const Extents& shape) {
  const auto constants = [&](const char* key, double low, double high) {
    switch (one.random.below(3)) {
      case 0:
        node.arrays[key] = GraphBuilder::one(one.random.uniform(low, high));
        break;
      case 1:
        node.arrays[key] = GraphBuilder::filled(shape, one.random.uniform(low, high));
        break;
      default:
        node.arrays[key] = one.values(shape, low, high);
    }
  };
  one.options.dt = 1e-3;
  const bool cuba = node.type.rfind("Cuba", 0) == 0;
  constants("r", 0.5, 4);
  if (node.type != "I" && node.type != "IF") {
    constants(cuba ? "tau_mem" : "tau", 1.2e-3, 1e-2);
    constants("v_leak", -0.2, 0.3);
  }
  if (cuba) {
    constants("tau_syn", 1.2e-3, 5e-3);
    if (one.random.below(2) == 0) constants("w_in", 0.5, 3);
  }
  if (node.type.find("IF") == std::string::npos) return;
  constants("v_threshold", 0.3, 1);
  if (one.random.below(2) == 0) constants("v_reset", -0.3, 0.2);
}

void try_neurons(const std::string& type) {
  try_cases([&](Case& one) {
    const auto shape = one.random.below(2) == 0 ? one.image() : Extents{one.from(1, 80)};
    neurons(one, alone(one, type, shape), shape);
  });
}

TEST(NirNodes, IntegratorsMatchThePlainLoop) { try_neurons("I"); }
TEST(NirNodes, IntegrateAndFireMatchesThePlainLoop) { try_neurons("IF"); }
TEST(NirNodes, LeakyIntegratorsMatchThePlainLoop) { try_neurons("LI"); }
TEST(NirNodes, LeakyIntegrateAndFireMatchesThePlainLoop) { try_neurons("LIF"); }
TEST(NirNodes, CurrentBasedIntegratorsMatchThePlainLoop) { try_neurons("CubaLI"); }
TEST(NirNodes, CurrentBasedNeuronsMatchThePlainLoop) { try_neurons("CubaLIF"); }

TEST(NirNodes, ANetworkOfManyKindsMatchesThePlainLoop) {
  double fired = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Case one(seed);
    auto& build = one.build;
    build.input("in", {2, 8, 6});
    auto& conv = build.add("conv", "Conv2d");
    conv.arrays["weight"] = one.values({4, 2, 3, 3}, -0.5, 1);
    conv.arrays["bias"] = one.values({4}, -0.1, 0.1);
    conv.arrays["groups"] = conv.arrays["dilation"] = conv.arrays["stride"] = GraphBuilder::one(1);
    conv.texts["padding"] = "same";
    neurons(one, build.add("lif", "LIF"), {4, 8, 6});
    auto& pool = build.add("pool", "SumPool2d");
    pool.arrays["kernel_size"] = pool.arrays["stride"] = GraphBuilder::one(2);
    pool.arrays["padding"] = GraphBuilder::one(0);
    auto& flatten = build.add("flatten", "Flatten");
    flatten.arrays["start_dim"] = GraphBuilder::one(0);
    flatten.arrays["end_dim"] = GraphBuilder::one(-1);
    build.add("a", "Linear").arrays["weight"] = one.values({9, 48}, -0.4, 0.5);
    auto& b = build.add("b", "Affine");
    b.arrays["weight"] = one.values({9, 48}, -0.4, 0.5);
    b.arrays["bias"] = one.values({9}, -0.1, 0.1);
    neurons(one, build.add("cuba", "CubaLIF"), {9});
    build.output("out");
    build.chain({"in", "conv", "lif", "pool", "flatten", "a", "cuba", "out"});
    build.chain({"flatten", "b", "cuba"});  // flatten has two inputs, which are added
    double spikes = 0;
    test::compare(build.graph(), one.options, one.random, true, {}, 20, &spikes);
    fired += spikes;
  }
  EXPECT_GT(fired, 100);
}

/// A layer that feeds itself through a matrix: its spikes arrive one step later, but the bias of
/// the matrix acts at once.
TEST(NirNodes, ARecurrentLayerReadsItsSpikesOfTheStepBefore) {
  double fired = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Case one(seed);
    auto& build = one.build;
    build.input("in", {5});
    build.add("fc", "Linear").arrays["weight"] = one.values({7, 5}, -0.5, 1);
    neurons(one, build.add("lif", "CubaLIF"), {7});
    build.graph().nodes.back().arrays["r"] = one.values({7}, 1, 4);
    auto& rec = build.add("rec", "Affine");
    rec.arrays["weight"] = one.values({7, 7}, -1, 1);
    rec.arrays["bias"] = one.values({7}, -0.2, 0.2);
    build.output("out");
    build.chain({"in", "fc", "lif", "rec", "lif"});
    build.edge("lif", "out");
    const auto imported = import_graph(build.graph(), one.options, "test");
    double spikes = 0;
    test::compare(build.graph(), one.options, one.random, true, {{"lif", "rec"}}, 30, &spikes);
    fired += spikes;
  }
  EXPECT_GT(fired, 50);
}

/// A Delay in a loop provides the loop's memory and delays by exactly its stated time.
TEST(NirNodes, ADelayInALoopDelaysBySoMuchAsItSays) {
  GraphBuilder build;
  build.input("in", {1});
  build.add("half", "Scale").arrays["scale"] = GraphBuilder::one(0.5);
  build.add("delay", "Delay").arrays["delay"] = GraphBuilder::one(3e-3);
  build.output("out");
  build.chain({"in", "half", "delay", "half", "out"});
  ImportOptions options;
  options.dt = 1e-3;
  const auto model = runtime::Model::load(import_graph(build.graph(), options, "test").file, "t");
  runtime::Session session(model);
  const float spike = 1;
  const float silence = 0;
  float before = 0;
  std::vector<float> found;
  for (int t = 0; t < 8; ++t) {
    session.push(t == 0 ? &spike : &silence);
    found.push_back(session.output_sums()[0] - before);
    before = session.output_sums()[0];
  }
  EXPECT_EQ(found, (std::vector<float>{0.5F, 0, 0, 0.25F, 0, 0, 0.125F, 0}));
}

}  // namespace
}  // namespace staa::nir
