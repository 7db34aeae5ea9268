// LIF networks are exported to NIR and imported again.
#include <cstdlib>

#include "nir/compare.h"
#include "runtime/tiny_model.h"
#include "staa/format/graph.h"
#include "staa/nir/from_model.h"
#include "staa/nir/read.h"
#include "staa/nir/write.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::nir {
namespace {

Node written_and_read(const Node& graph) {
  const test::TempFolder folder;
  write_file_atomically(folder / "graph.nir", to_hdf5(graph));
  return read(folder / "graph.nir");
}

/// The constants of the model are restored exactly.
TEST(NirExport, RoundTripsGiveEveryConstantBack) {
  test::TinyModel tiny;
  tiny.aggregate = false;
  const auto bytes = test::tiny_model(tiny);
  const format::ModelFile model(bytes, "tiny");
  const auto imported = import_graph(written_and_read(from_model(model, "tiny")), {}, "tiny.nir");
  const format::GraphFile graph(format::SafetensorsReader(imported.file, "tiny.nir"));
  EXPECT_EQ(imported.graph.classes, model.model().classes);
  EXPECT_EQ(imported.graph.steps, model.model().steps);
  EXPECT_EQ(imported.graph.mean, model.model().mean);
  EXPECT_EQ(imported.graph.stddev, model.model().stddev);
  std::size_t compared = 0;
  const auto same = [&](const std::string& name, std::int64_t size) {
    ASSERT_EQ(graph.size(name), static_cast<std::size_t>(size)) << name;
    for (std::int64_t i = 0; i < size; ++i) {
      ASSERT_EQ(graph.floats(name)[i], model.floats(name)[i]) << name << ' ' << i;
    }
    ++compared;
  };
  for (const auto& node : model.model().nodes) {
    const auto& input = format::input_shape(model.model(), node);
    for (const auto& need : format::tensors_of(node, input, model.model())) {
      std::int64_t size = 1;
      for (const auto extent : need.shape) size *= extent;
      same(need.name, size);
    }
    if (node.kind != format::NodeKind::kNeuron) continue;
    const float threshold = graph.floats(node.name + ".threshold")[0];
    EXPECT_EQ(std::nextafter(threshold, 2.0F), static_cast<float>(node.neuron.threshold));
    EXPECT_EQ(graph.floats(node.name + ".reset")[0], static_cast<float>(node.neuron.reset));
  }
  EXPECT_EQ(compared, 17U);  // 3 convolutions with 2 each, 3 neurons with 3 each, the head with 2
}

/// A model with this input and its round trip classify alike.
void expect_alike(const format::Extent& input) {
  test::TinyModel tiny;
  tiny.aggregate = false;
  tiny.input = input;
  const auto bytes = test::tiny_model(tiny);
  const auto model = runtime::Model::load(bytes, "tiny");
  const auto graph = from_model(format::ModelFile(bytes, "tiny"), "tiny");
  const auto again = runtime::Model::load(import_graph(graph, {}, "tiny.nir").file, "tiny.nir");
  runtime::Session first(model);
  runtime::Session second(again);
  std::uint64_t spikes = 0;
  Random random{11};
  for (int i = 0; i < 20; ++i) {
    std::vector<std::uint8_t> image(model.input().values());
    for (auto& byte : image) byte = static_cast<std::uint8_t>(random.below(256));
    const auto expected = first.classify(image.data());
    const auto found = second.classify(image.data());
    EXPECT_EQ(found.label, expected.label);
    EXPECT_NEAR(found.probability, expected.probability, 1e-4);
    EXPECT_EQ(found.steps, expected.steps);
    EXPECT_NEAR(static_cast<double>(second.activity().spikes),
                static_cast<double>(first.activity().spikes), 3);
    spikes += first.activity().spikes;
  }
  EXPECT_GT(spikes, 100U);
}

TEST(NirExport, RoundTripsClassifyAlike) {
  expect_alike({3, 8, 8});
  expect_alike({2, 11, 14});
  expect_alike({1, 17, 9});
}

TEST(NirExport, NodesWithoutCounterpartAreNamedInOneError) {
  test::TinyModel tiny;  // has two layers of STAA neurons
  const auto bytes = test::tiny_model(tiny);
  test::expect_error(ErrorKind::kUsage,
                     {"runs/a", "2 of its nodes", "no counterpart in NIR", "'n0'", "'n1'", "STAA"},
                     [&] { from_model(format::ModelFile(bytes, "runs/a"), "runs/a"); });
}

/// Runs the Python package `nir` on an exported file. Skipped if the package is not installed.
TEST(NirExport, ThePackageNirReadsIt) {
  const char* chosen = std::getenv("STAA_TEST_PYTHON");
  const std::string python = chosen == nullptr ? "python3" : chosen;
  if (std::system((python + " -c 'import nir' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "needs the Python package nir, for python3 or the one of STAA_TEST_PYTHON";
  }
  test::TinyModel tiny;
  tiny.aggregate = false;
  const auto bytes = test::tiny_model(tiny);
  const test::TempFolder folder;
  const auto path = folder / "graph.nir";
  write_file_atomically(path, to_hdf5(from_model(format::ModelFile(bytes, "tiny"), "tiny")));
  EXPECT_EQ(std::system((python + " " STAA_NIR_SCRIPT " " + path.string()).c_str()), 0);
}

}  // namespace
}  // namespace staa::nir
