#include "runtime/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "staa/util/random.h"

namespace staa::test {
namespace {

using format::kImage;
using format::Node;
using format::NodeKind;

Node convolution(const std::string& name, std::size_t input, std::int64_t out, std::int64_t stride,
                 format::Weights weights) {
  Node node;
  node.kind = NodeKind::kConvolution;
  node.name = name;
  node.inputs = {input};
  node.window = {3, stride, 1};
  node.out = out;
  node.weights = weights;
  return node;
}

Node neuron(const std::string& name, std::vector<std::size_t> inputs, bool aggregate) {
  Node node;
  node.kind = NodeKind::kNeuron;
  node.name = name;
  node.inputs = std::move(inputs);
  node.neuron.threshold = 0.4;
  node.neuron.aggregate = aggregate;
  if (aggregate) {
    node.neuron.gc_reduced = 4;
    node.neuron.sa_reduced = 2;
    node.neuron.pe_x = true;
  }
  return node;
}

float random_weight(Random& random) { return static_cast<float>(random.uniform(-0.2, 0.3)); }

/// Converts a float to bf16 by truncation.
std::uint16_t upper_half(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

float from_upper_half(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace

std::vector<std::uint8_t> tiny_model(const TinyModel& tiny) {
  format::ModelDescription model;
  model.network = "tiny";
  model.precision = format::weights_name(tiny.weights);
  model.steps = 3;
  model.input = tiny.input;
  const auto channels = static_cast<std::size_t>(tiny.input.channels);
  model.mean.assign(channels, 0.5F);
  model.stddev.assign(channels, 0.25F);
  model.classes = tiny.classes;
  Node pool;
  pool.kind = NodeKind::kPool;
  pool.name = "pool";
  pool.inputs = {1};
  pool.window = {2, 2, 0};
  Node head;
  head.kind = NodeKind::kHead;
  head.name = "head";
  head.inputs = {6};
  model.nodes = {convolution("c0", kImage, 16, 1, format::Weights::kFp32),
                 neuron("n0", {0}, tiny.aggregate),
                 pool,
                 convolution("c1", 2, 16, 1, tiny.weights),
                 neuron("n1", {3, 2}, tiny.aggregate),
                 convolution("c2", 4, 24, 2, tiny.weights),
                 neuron("n2", {5}, false),
                 head};
  format::infer_shapes(model, "tiny");

  Random random{3};
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<std::int8_t>> bytes;
  std::vector<std::vector<std::int16_t>> halves;
  format::SafetensorsWriter writer;
  const double unit = tiny.weights == format::Weights::kInt16 ? 1.0 / 256 : 1.0;
  for (const auto& node : model.nodes) {
    const auto needs = format::tensors_of(node, format::input_shape(model, node), model);
    for (const auto& need : needs) {
      std::size_t size = 1;
      for (const auto extent : need.shape) size *= static_cast<std::size_t>(extent);
      const void* data = nullptr;
      if (need.dtype == format::DType::kI8) {
        auto& values = bytes.emplace_back(size);
        for (auto& value : values) value = static_cast<std::int8_t>(random.below(255));
        data = values.data();
      } else if (need.dtype == format::DType::kI16 || need.dtype == format::DType::kBF16) {
        auto& values = halves.emplace_back(size);
        for (auto& value : values) {
          value = need.dtype == format::DType::kI16
                      ? static_cast<std::int16_t>(random.below(65535))
                      : static_cast<std::int16_t>(upper_half(random_weight(random)));
        }
        data = values.data();
      } else {
        const bool of_spikes = need.shape.size() == 4 && node.inputs[0] != kImage;
        const bool scale = need.name.find("scale") != std::string::npos;
        const bool decay = need.name.find("decay") != std::string::npos;
        auto& values = floats.emplace_back(size);
        for (auto& value : values) {
          value = scale ? static_cast<float>(unit * random.uniform(0.001, 0.003))
                        : random_weight(random);
          if (decay) value = std::abs(value);
          if (tiny.of_16_bits && of_spikes) value = from_upper_half(upper_half(value));
        }
        data = values.data();
      }
      writer.add(need.name, need.dtype, need.shape, data);
    }
  }
  writer.set_metadata(format::kModelKey, format::to_json(model));
  auto file = writer.serialize();
  if (!tiny.checksum) {
    const std::string key = format::kChecksumKey;
    const auto at = std::search(file.begin(), file.end(), key.begin(), key.end());
    if (at != file.end()) *at = 'x';
  }
  return file;
}

}  // namespace staa::test
