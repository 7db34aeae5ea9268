#include <nlohmann/json.hpp>

#include "staa/format/graph.h"
#include "support/support.h"

namespace staa::format {
namespace {

/// Input [2, 6, 6] -> convolution -> neurons -> flatten -> linear. The neurons also read their own
/// output of the previous time step.
class GraphFileTest : public ::testing::Test {
 protected:
  GraphFileTest() {
    graph_.network = "small";
    graph_.steps = 3;
    graph_.dt = 1e-3;
    graph_.input = {2, 6, 6};
    graph_.mean = {0, 0};
    graph_.stddev = {1, 1};
    graph_.classes = {"a", "b", "c"};
    auto& conv = add(LayerKind::kConvolution, "conv", {kGraphInput}, {4, 3, 3});
    conv.sweep.kernel = {3, 3};
    conv.sweep.stride = {2, 2};
    conv.sweep.before = conv.sweep.after = {1, 1};
    add(LayerKind::kNeuron, "neurons", {0}, {4, 3, 3}).late = {1};
    add(LayerKind::kFlatten, "flat", {1}, {36}).last = 2;
    add(LayerKind::kLinear, "out", {2}, {3});
  }

  Layer& add(LayerKind kind, const std::string& name, std::vector<std::size_t> inputs,
             std::vector<std::int64_t> shape) {
    Layer layer;
    layer.kind = kind;
    layer.name = name;
    layer.inputs = std::move(inputs);
    layer.shape = std::move(shape);
    graph_.layers.push_back(layer);
    return graph_.layers.back();
  }

  SafetensorsReader file(const std::string& text) const {
    SafetensorsWriter writer;
    const std::vector<float> zeros(4096);
    for (const auto& layer : graph_.layers) {
      for (const auto& need : tensors_of(graph_, layer)) {
        writer.add(need.name, need.dtype, need.shape, zeros.data());
      }
    }
    writer.set_metadata(kModelKey, text);
    return SafetensorsReader(writer.serialize(), "m.staa");
  }

  void expect_refused(const std::vector<std::string>& parts) {
    test::expect_error(ErrorKind::kInput, parts, [&] {
      SafetensorsWriter writer;
      writer.set_metadata(kModelKey, to_json(graph_));
      GraphFile(SafetensorsReader(writer.serialize(), "m.staa"));
    });
  }

  GraphDescription graph_;
};

TEST_F(GraphFileTest, ReadsWhatWasWritten) {
  const GraphFile read(file(to_json(graph_)));
  EXPECT_EQ(to_json(read.graph()), to_json(graph_));
  EXPECT_EQ(read.size("conv.weight"), 3U * 3 * 2 * 4);
  EXPECT_EQ(read.size("neurons.decay"), 4U);
}

TEST_F(GraphFileTest, VersionsAreToldApart) {
  EXPECT_EQ(stated_version(file(to_json(graph_))), kGraphVersion);
  test::expect_error(ErrorKind::kInput, {"m.staa", "version 2", "reads version 1"},
                     [&] { ModelFile(file(to_json(graph_))); });
}

TEST_F(GraphFileTest, RefusesGraphsThatDoNotFit) {
  const auto good = graph_;
  expect_refused({"m.staa", "conv.weight", "missing"});
  const auto refuse = [&](const auto& change, const std::vector<std::string>& parts) {
    graph_ = good;
    change();
    expect_refused(parts);
  };
  refuse([&] { graph_.layers[0].shape = {4, 3, 4}; }, {"'conv'", "[4, 3, 3]", "[4, 3, 4]"});
  refuse([&] { graph_.layers[0].groups = 3; }, {"'conv'", "3 groups"});
  refuse([&] { graph_.layers[0].sweep.kernel = {9, 9}; }, {"'conv'", "kernel"});
  refuse([&] { graph_.layers[1].shape = {}; }, {"'neurons'", "1 to 3 extents"});
  refuse([&] { graph_.layers[1].inputs = {3}; }, {"'neurons'", "stands behind"});
  refuse([&] { graph_.layers[1].inputs = graph_.layers[1].late = {}; }, {"'neurons'", "no input"});
  refuse([&] { graph_.layers[1].late = {3}; }, {"'neurons'", "differ in shape"});
  refuse([&] { graph_.layers[2].last = 5; }, {"'flat'", "dimensions 0 to 5"});
  refuse([&] { graph_.layers[3].inputs = {1}; }, {"'out'", "one dimension"});
  refuse([&] { graph_.layers[3].name = "flat"; }, {"'flat'", "taken"});
  refuse([&] { graph_.classes.pop_back(); }, {"2 classes", "3 values"});
  refuse([&] { graph_.input = {1 << 20, 1 << 20}; }, {"the input", "1048576"});
  refuse([&] { graph_.steps = 0; }, {"steps"});
}

TEST_F(GraphFileTest, RefusesFieldsThatAreMissingUnknownOrOfAnotherType) {
  const auto changed = [&](const auto& change) {
    auto root = nlohmann::json::parse(to_json(graph_));
    change(root);
    return root.dump();
  };
  const auto refuse = [&](const std::string& text, const std::vector<std::string>& parts) {
    test::expect_error(ErrorKind::kInput, parts, [&] { GraphFile(file(text)); });
  };
  refuse("{", {"m.staa", "not JSON"});
  refuse(changed([](auto& root) { root["version"] = 3; }), {"version 3"});
  refuse(changed([](auto& root) { root["nodes"][0].erase("stride"); }), {"node 0", "'stride'"});
  refuse(changed([](auto& root) { root["nodes"][1]["more"] = 1; }), {"node 1", "'more'"});
  refuse(changed([](auto& root) { root["nodes"][1]["late"] = {"nobody"}; }),
         {"node 1", "'nobody'"});
  refuse(changed([](auto& root) { root["nodes"][2]["shape"] = {-1}; }), {"node 2", "'shape'"});
  refuse(changed([](auto& root) { root["nodes"][3]["kind"] = "magic"; }), {"node 3", "'magic'"});
}

}  // namespace
}  // namespace staa::format
