#include "staa/format/model_file.h"

#include "staa/util/random.h"
#include "support/support.h"

namespace staa::format {
namespace {

/// A small model with every kind of node, and its weights.
class ModelFileTest : public ::testing::Test {
 protected:
  ModelFileTest() {
    model_.network = "tiny";
    model_.precision = "fp32";
    model_.steps = 2;
    model_.input = {1, 6, 6};
    model_.mean = {0.5F};
    model_.stddev = {0.25F};
    model_.classes = {"a", "b"};
    add(NodeKind::kConvolution, "c0", {kImage}).window = {3, 1, 1};
    model_.nodes.back().out = 4;
    add(NodeKind::kNeuron, "n0", {0}).neuron.aggregate = true;
    model_.nodes.back().neuron.gc_reduced = 2;
    model_.nodes.back().neuron.pe_x = true;
    add(NodeKind::kPool, "p", {1}).window = {2, 2, 0};
    add(NodeKind::kConvolution, "c1", {2}).window = {3, 1, 1};
    model_.nodes.back().out = 4;
    add(NodeKind::kNeuron, "n1", {3, 2});
    add(NodeKind::kHead, "head", {4});
  }

  Node& add(NodeKind kind, const std::string& name, std::vector<std::size_t> inputs) {
    Node node;
    node.kind = kind;
    node.name = name;
    node.inputs = std::move(inputs);
    model_.nodes.push_back(node);
    return model_.nodes.back();
  }

  /// All weights are 0, except for the 16-bit weight at `place`, whose bits are `value`.
  std::vector<std::uint8_t> bytes(std::size_t place = 0, std::uint16_t value = 0) {
    auto shaped = model_;
    infer_shapes(shaped, "test");
    SafetensorsWriter writer;
    const std::vector<float> zeros(4096);
    std::vector<std::uint16_t> halves(4096);
    halves[place] = value;
    for (const auto& node : shaped.nodes) {
      for (const auto& need : tensors_of(node, input_shape(shaped, node), shaped)) {
        const void* values = zeros.data();
        if (dtype_bytes(need.dtype) == sizeof(std::uint16_t)) values = halves.data();
        writer.add(need.name, need.dtype, need.shape, values);
      }
    }
    writer.set_metadata(kModelKey, to_json(model_));
    return writer.serialize();
  }

  void expect_refused(const std::vector<std::string>& parts) {
    test::expect_error(ErrorKind::kInput, parts, [&] {
      SafetensorsWriter writer;
      writer.set_metadata(kModelKey, to_json(model_));
      ModelFile(writer.serialize(), "m.staa");
    });
  }

  ModelDescription model_;
};

TEST_F(ModelFileTest, ReadsWhatWasWritten) {
  const ModelFile file(bytes(), "m.staa");
  EXPECT_EQ(to_json(file.model()), to_json(model_));
  EXPECT_TRUE((file.model().nodes[2].shape == Extent{4, 3, 3}));
  EXPECT_EQ(file.floats("head.bias")[1], 0.0F);
}

TEST_F(ModelFileTest, KeepsWeightsOfEveryType) {
  for (const auto weights : {Weights::kBf16, Weights::kInt16, Weights::kInt8}) {
    SCOPED_TRACE(weights_name(weights));
    model_.nodes[3].weights = weights;
    model_.precision = weights_name(weights);
    const ModelFile file(bytes(), "m.staa");
    EXPECT_EQ(file.model().nodes[3].weights, weights);
    EXPECT_EQ(file.model().nodes[0].weights, Weights::kFp32);
    EXPECT_EQ(file.model().precision, weights_name(weights));
    // Programs from before the introduction of 16-bit weights read only the field `int8`.
    const bool int8 = weights == Weights::kInt8;
    EXPECT_EQ(to_json(file.model()).find("\"weights\"") == std::string::npos, int8);
    EXPECT_EQ(to_json(file.model()).find("\"int8\":true") != std::string::npos, int8);
  }
  model_.nodes[0].weights = Weights::kBf16;
  expect_refused({"'c0'", "fp32 weights"});
}

TEST_F(ModelFileTest, RefusesUnknownWeightsAndThoseThatAreNotFinite) {
  model_.nodes[3].weights = Weights::kBf16;
  auto text = to_json(model_);
  const std::string field = "\"weights\":\"bf16\"";
  const auto at = text.find(field);
  ASSERT_NE(at, std::string::npos);
  for (const std::string other :
       {"\"weights\":\"fp16\"", "\"weights\":\"int8\"", "\"weights\":16"}) {
    SafetensorsWriter writer;
    writer.set_metadata(kModelKey, std::string(text).replace(at, field.size(), other));
    test::expect_error(ErrorKind::kInput, {"m.staa", "weights"},
                       [&] { ModelFile(writer.serialize(), "m.staa"); });
  }
  constexpr std::uint16_t kInfinite = 0x7F80;
  test::expect_error(ErrorKind::kInput, {"m.staa", "c1.weight", "value 7 is not finite"},
                     [&] { ModelFile(bytes(7, kInfinite), "m.staa"); });
}

TEST_F(ModelFileTest, RefusesGraphsThatDoNotFit) {
  auto good = model_;
  expect_refused({"m.staa", "c0.weight", "missing"});
  model_.nodes[3].window.kernel = 9;
  expect_refused({"m.staa", "'c1'", "does not fit"});
  model_ = good;
  model_.nodes[0].out = 1 << 20;
  expect_refused({"'c0'", "out", "4096"});
  model_ = good;
  model_.nodes[4].inputs = {3, 1};
  expect_refused({"'n1'", "differ in shape"});
  model_ = good;
  model_.input = {1, 4096, 4096};
  expect_refused({"activations"});
  model_ = good;
  model_.nodes.pop_back();
  expect_refused({"does not end in a head"});
  model_ = good;
  model_.nodes[3].inputs = {0};
  expect_refused({"'c1'", "expected spikes"});
}

/// Whichever bytes are changed, the file is either read or refused with an Error.
/// A network of two layers, of which the second joins the current of the first, whose extent is the
/// image's.
ModelDescription joined(std::int64_t height, std::int64_t width, const Window& window,
                        bool max_pool = false) {
  ModelDescription model;
  model.network = "tiny";
  model.steps = 1;
  model.input = {1, height, width};
  model.mean = {0};
  model.stddev = {1};
  model.classes = {"a"};
  const auto add = [&](NodeKind kind, std::vector<std::size_t> inputs) -> Node& {
    Node node;
    node.kind = kind;
    node.name = "n" + std::to_string(model.nodes.size());
    node.inputs = std::move(inputs);
    node.out = 2;
    model.nodes.push_back(node);
    return model.nodes.back();
  };
  add(NodeKind::kConvolution, {kImage}).window = {3, 1, 1};
  add(NodeKind::kCurrent, {0});
  add(NodeKind::kNeuron, {1});
  add(NodeKind::kConvolution, {2}).window = window;
  add(NodeKind::kCurrent, {3, 1}).current.max_pool = max_pool;
  add(NodeKind::kNeuron, {4});
  add(NodeKind::kHead, {5});
  return model;
}

TEST(ModelShapes, JoinCurrentsOfTheSameOrTwiceTheExtent) {
  const Window same{3, 1, 1};
  const Window halving{3, 2, 1};  // rounds up
  for (auto model : {joined(5, 4, same), joined(6, 8, halving), joined(5, 7, halving),
                     joined(1, 2, halving), joined(5, 7, same, /*max_pool=*/true)}) {
    EXPECT_NO_THROW(infer_shapes(model, "m.staa"));
  }
  for (auto model : {joined(6, 6, {3, 3, 1}), joined(8, 8, halving, /*max_pool=*/true)}) {
    test::expect_error(ErrorKind::kInput, {"m.staa", "'n4'", "does not join"},
                       [&] { infer_shapes(model, "m.staa"); });
  }
}

TEST_F(ModelFileTest, SurvivesMutations) {
  const auto good = bytes();
  constexpr std::uint64_t kSeed = 5;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  int refused = 0;
  constexpr int kTries = 4000;
  for (int i = 0; i < kTries; ++i) {
    Random random{kSeed, static_cast<std::uint64_t>(i)};
    auto mutated = good;
    for (std::int64_t n = random.below(3); n >= 0; --n) {
      const auto at = random.below(static_cast<std::int64_t>(mutated.size()));
      mutated[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random.below(256));
    }
    if (random.chance(0.2))
      mutated.resize(static_cast<std::size_t>(random.below(5000)) % mutated.size());
    try {
      const ModelFile file(std::move(mutated), "m.staa");
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, kTries / 2);
}

}  // namespace
}  // namespace staa::format
