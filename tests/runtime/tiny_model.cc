// Writes a small model of random weights and an image for it: tiny_model MODEL IMAGE

#include <fstream>

#include "staa/format/model_file.h"
#include "staa/util/random.h"

int main(int argc, char** argv) {
  using namespace staa::format;
  if (argc != 3) return 2;
  ModelDescription model;
  model.network = "tiny";
  model.precision = "fp32";
  model.steps = 3;
  model.input = {1, 8, 8};
  model.mean = {0.5F};
  model.stddev = {0.25F};
  model.classes = {"left", "right"};
  model.nodes.resize(3);
  model.nodes[0] = {NodeKind::kConvolution, "c", {kImage}, {3, 1, 1}, 8, false, {}, {}};
  model.nodes[1] = {NodeKind::kNeuron, "n", {0}, {}, 0, false, {}, {}};
  model.nodes[2] = {NodeKind::kHead, "head", {1}, {}, 0, false, {}, {}};
  infer_shapes(model, "tiny");
  staa::Random random{3};
  std::vector<float> values(1024);
  for (auto& value : values) value = static_cast<float>(random.uniform(0.0, 1.0));
  SafetensorsWriter writer;
  for (const auto& node : model.nodes) {
    for (const auto& need : tensors_of(node, input_shape(model, node), model)) {
      writer.add(need.name, need.dtype, need.shape, values.data());
    }
  }
  writer.set_metadata(kModelKey, to_json(model));
  writer.write(argv[1]);
  std::ofstream image(argv[2], std::ios::binary);
  for (int i = 0; i < 64; ++i) image.put(static_cast<char>(random.below(256)));
  return 0;
}
