// Files that were written can be read, and broken ones are refused with the node and the reason.
#include <algorithm>

#include "nir/graphs.h"
#include "staa/nir/hdf5_reader.h"
#include "staa/nir/import.h"
#include "staa/nir/read.h"
#include "staa/nir/transfer.h"
#include "staa/nir/write.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::nir {
namespace {

using test::GraphBuilder;

/// Input [4] -> Affine -> LIF -> Output.
GraphBuilder small_graph() {
  GraphBuilder build;
  build.input("in", {4});
  auto& fc = build.add("fc", "Affine");
  fc.arrays["weight"] = GraphBuilder::filled({3, 4}, 0.5);
  fc.arrays["bias"] = GraphBuilder::filled({3}, 0.25);
  auto& lif = build.add("lif", "LIF");
  for (const auto* key : {"tau", "r", "v_leak", "v_threshold"}) {
    lif.arrays[key] = GraphBuilder::filled({3}, 1);
  }
  build.output("out");
  build.chain({"in", "fc", "lif", "out"});
  return build;
}

Node& find(GraphBuilder& build, const std::string& name) {
  auto& nodes = build.graph().nodes;
  return *std::find_if(nodes.begin(), nodes.end(),
                       [&](const Node& node) { return node.name == name; });
}

Node through_file(const Node& graph) {
  const test::TempFolder folder;
  write_file_atomically(folder / "graph.nir", to_hdf5(graph));
  return read(folder / "graph.nir");
}

void expect_refused(const GraphBuilder& build, const std::vector<std::string>& parts) {
  auto copy = build;
  test::expect_error(ErrorKind::kInput, parts,
                     [&] { import_graph(through_file(copy.graph()), {}, "f.nir"); });
}

TEST(NirFiles, WhatIsWrittenIsRead) {
  auto build = small_graph();
  build.graph().metadata["dt"] = GraphBuilder::one(1e-3);
  build.graph().notes["classes"] = R"(["a","b","ü"])";
  find(build, "fc").arrays["weight"].values[5] = 0.1;
  auto& inner = build.add("sub", kGraphType);
  inner.nodes = {Node{"x", "Input", {{"shape", GraphBuilder::extents({3})}}, {}, {}, {}, {}, {}}};
  const auto graph = through_file(build.graph());
  EXPECT_EQ(graph.type, kGraphType);
  EXPECT_EQ(graph.edges, build.graph().edges);
  EXPECT_EQ(graph.notes, build.graph().notes);
  EXPECT_EQ(graph.metadata.at("dt").values, std::vector<double>{1e-3});
  ASSERT_EQ(graph.nodes.size(), 5U);
  for (const auto& node : graph.nodes) {
    const auto& written = find(build, node.name);
    EXPECT_EQ(node.type, written.type);
    ASSERT_EQ(node.arrays.size(), written.arrays.size());
    for (const auto& [key, array] : written.arrays) {
      EXPECT_EQ(node.arrays.at(key).shape, array.shape) << node.name << ' ' << key;
      EXPECT_EQ(node.arrays.at(key).values, array.values) << node.name << ' ' << key;
    }
  }
  const auto imported = import_graph(graph, {}, "f.nir");
  EXPECT_EQ(imported.graph.dt, 1e-3);
  EXPECT_TRUE(imported.stated_dt);
  EXPECT_EQ(imported.graph.classes, (std::vector<std::string>{"a", "b", "ü"}));
}

TEST(NirFiles, EveryCutFileIsRefused) {
  const test::TempFolder folder;
  const auto bytes = to_hdf5(small_graph().graph());
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    write_file_atomically(folder / "cut.nir",
                          {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
    test::expect_error(ErrorKind::kInput, {"cut.nir", "damaged"},
                       [&] { read_hdf5(folder / "cut.nir"); });
  }
  test::expect_error(ErrorKind::kIo, {"absent.nir"}, [&] { read(folder / "absent.nir"); });
}

/// HDF5 1.10 crashes while reading this file, which a fuzzer made.
TEST(NirFiles, AFileThatCrashesHdf5IsRefused) {
  const auto path = std::filesystem::path(STAA_FUZZ_CORPUS) / "nir" / "crashes-hdf5-1.10.nir";
  test::expect_error(ErrorKind::kInput, {"crashes-hdf5-1.10.nir"}, [&] { read(path); });
}

TEST(NirFiles, ANodeComesBackFromItsBytes) {
  auto build = small_graph();
  find(build, "fc").notes["note"] = std::string("with\0zero", 9);
  const auto bytes = to_bytes(build.graph());
  EXPECT_EQ(to_bytes(from_bytes(bytes)), bytes);
  EXPECT_EQ(find(build, "fc").notes, from_bytes(bytes).nodes[1].notes);
  for (const std::size_t size : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    test::expect_error(ErrorKind::kRuntime, {"end too early"},
                       [&] { from_bytes(bytes.substr(0, size)); });
  }
}

/// HDF5 itself would read beyond its memory.
TEST(NirFiles, TextsThatTheirHeapDoesNotHoldAreRefused) {
  const test::TempFolder folder;
  const auto whole = read_file(std::string(STAA_FUZZ_CORPUS) + "/nir/lif.nir");
  const std::string text(whole.begin(), whole.end());
  const auto heap = text.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  std::string address(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) address[i] = static_cast<char>(heap >> (8 * i) & 0xFF);
  std::vector<std::size_t> references;  // their addresses; not all of them are read
  for (auto at = text.find(address); at != text.npos; at = text.find(address, at + 1)) {
    references.push_back(at);
  }
  ASSERT_FALSE(references.empty());
  const auto from_references = [&](std::ptrdiff_t distance) {
    auto places = references;
    for (auto& place : places) place += static_cast<std::size_t>(distance);
    return places;
  };
  const struct {
    std::vector<std::size_t> places;
    const char* complaint;
  } damages[] = {
      {{heap}, "expected a heap"},
      {{heap + 16 + 8 + 5}, "longer than the heap"},     // an upper byte of a text's size
      {{heap + 8 + 5}, "past the end of the file"},      // of the heap's size
      {from_references(5), "past the end of the file"},  // of the heap's address
      {from_references(8 + 1), "not in its heap"},       // of the text's index
      {from_references(-2), "longer than its place"},    // of the text's length
  };
  for (const auto& damage : damages) {
    SCOPED_TRACE(damage.complaint);
    auto damaged = text;
    for (const auto place : damage.places) damaged[place] = 16;
    write_file_atomically(folder / "damaged.nir", damaged);
    test::expect_error(ErrorKind::kInput, {"damaged.nir", "offset", damage.complaint, "damaged"},
                       [&] { read_hdf5(folder / "damaged.nir"); });
  }
  // In the superblock the number of bytes of a size.
  auto damaged = text;
  damaged[text[8] >= 2 ? 10 : 14] = 16;
  write_file_atomically(folder / "damaged.nir", damaged);
  test::expect_error(ErrorKind::kInput, {"damaged.nir", "damaged"},
                     [&] { read_hdf5(folder / "damaged.nir"); });
}

TEST(NirFiles, MissingDatasetsAndWrongShapesNameTheNode) {
  auto build = small_graph();
  find(build, "lif").arrays.erase("tau");
  expect_refused(build, {"f.nir", "'lif' (LIF)", "'tau' is missing"});
  build = small_graph();
  find(build, "lif").arrays["tau"] = GraphBuilder::filled({7}, 1);
  expect_refused(build, {"'lif'", "'tau'", "[3]", "[7]"});
  build = small_graph();
  find(build, "fc").arrays["bias"] = GraphBuilder::filled({4}, 1);
  expect_refused(build, {"'fc'", "'bias'", "[3]", "[4]"});
  build = small_graph();
  find(build, "fc").arrays["weight"] = GraphBuilder::filled({3, 5}, 1);
  expect_refused(build, {"'fc'", "'weight'", "[5]", "[4]"});
  build = small_graph();
  find(build, "out").arrays["shape"] = GraphBuilder::extents({9});
  expect_refused(build, {"'out'", "[9]", "[3]"});
}

TEST(NirFiles, UnsupportedNodesAreNamedInOneError) {
  auto build = small_graph();
  build.add("a", "Conv3d");
  build.add("b", "Izhikevich");
  expect_refused(build, {"2 nodes", "'a' (Conv3d)", "'b' (Izhikevich)", "not supported"});
}

TEST(NirFiles, ValuesOutsideOfTheirRangeAreRefused) {
  auto build = small_graph();
  find(build, "lif").arrays["r"].values[1] = std::nan("");
  expect_refused(build, {"'lif'", "'r'", "value 1", "nan"});
  build = small_graph();
  find(build, "lif").arrays["tau"].values[2] = -1;
  expect_refused(build, {"'lif'", "'tau'", "above 0", "-1"});
  build = small_graph();
  find(build, "lif").arrays["tau"].values[2] = 5e-5;
  expect_refused(build, {"'lif'", "'tau'", "5e-05", "exponential"});
  build = small_graph();
  find(build, "fc").arrays["weight"].values[3] = 1e300;
  expect_refused(build, {"fc.weight", "value 3", "not finite"});
  build = small_graph();
  find(build, "in").arrays["shape"] = GraphBuilder::extents({1 << 20, 1 << 20});
  expect_refused(build, {"'in'", "more than"});
}

TEST(NirFiles, LoopsWithoutMemoryAreRefused) {
  GraphBuilder build;
  build.input("in", {2});
  build.add("a", "Scale").arrays["scale"] = GraphBuilder::one(0.5);
  build.add("b", "Threshold").arrays["threshold"] = GraphBuilder::one(0.5);
  build.output("out");
  build.chain({"in", "a", "b", "a"});
  build.edge("b", "out");
  expect_refused(build, {"'a' -> 'b' -> 'a'", "no memory"});
}

TEST(NirFiles, GraphsThatDoNotHoldTogetherAreRefused) {
  auto build = small_graph();
  build.edge("fc", "nobody");
  expect_refused(build, {"'fc'", "no node 'nobody'"});
  build = small_graph();
  build.output("second");
  build.edge("lif", "second");
  expect_refused(build, {"one Input and one Output", "1 and 2"});
  build = small_graph();
  build.graph().edges.erase(build.graph().edges.begin());
  expect_refused(build, {"no path leads"});
  build = small_graph();
  build.edge("in", "lif");
  expect_refused(build, {"'lif'", "one shape", "[3]", "[4]"});
}

/// Nested subgraphs, with an edge that names one of their inputs.
TEST(NirFiles, SubgraphsRunAsIfTheirNodesStoodInTheGraph) {
  auto plain = small_graph();
  GraphBuilder nested;
  nested.input("in", {4});
  Node inner;
  inner.name = "inner";
  inner.type = kGraphType;
  inner.nodes = {Node{"i", "Input", {}, {}, {}, {}, {}, {}}, find(plain, "lif"),
                 Node{"o", "Output", {}, {}, {}, {}, {}, {}}};
  inner.edges = {{"i", "lif"}, {"lif", "o"}};
  Node outer;
  outer.name = "outer";
  outer.type = kGraphType;
  outer.nodes = {Node{"i", "Input", {}, {}, {}, {}, {}, {}}, find(plain, "fc"), inner,
                 Node{"o", "Output", {}, {}, {}, {}, {}, {}}};
  outer.edges = {{"i", "fc"}, {"fc", "inner.i"}, {"inner", "o"}};
  nested.graph().nodes.push_back(outer);
  nested.output("out");
  nested.chain({"in", "outer", "out"});
  const auto imported = import_graph(through_file(nested.graph()), {}, "f.nir");
  std::vector<std::string> names;
  for (const auto& layer : imported.graph.layers) names.push_back(layer.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"outer.i", "outer.fc", "outer.inner.i", "outer.inner.lif",
                                      "outer.inner.o", "outer.o", "out"}));
}

}  // namespace
}  // namespace staa::nir
