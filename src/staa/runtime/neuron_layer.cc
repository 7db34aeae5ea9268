#include "staa/runtime/neuron_layer.h"

#include <algorithm>
#include <map>
#include <string>

#include "staa/kernels/transpose.h"

namespace staa::runtime {
namespace {

std::size_t size_of(const format::TensorNeed& need) {
  std::size_t size = 1;
  for (const auto extent : need.shape) size *= static_cast<std::size_t>(extent);
  return size;
}

/// Whether the kernel needs a matrix [out, in] as [in, out].
bool turned(const std::string& part) {
  return part == "gc1.value.weight" || part == "gc2.value.weight" || part == "sa.expand.weight";
}

}  // namespace

NeuronLayer::NeuronLayer(const format::ModelFile& file, const format::Node& node) {
  const auto& settings = node.neuron;
  const auto needs = format::tensors_of(node, node.shape, file.model());
  std::size_t total = 0;
  for (const auto& need : needs) total += size_of(need);
  weights_.resize(total);

  std::map<std::string, const float*> at;
  float* next = weights_.data();
  for (const auto& need : needs) {
    const auto part = need.name.substr(node.name.size() + 1);
    const auto size = size_of(need);
    const float* values = file.floats(need.name);
    if (turned(part)) {
      const auto out = static_cast<std::size_t>(need.shape[0]);
      kernels::transpose(values, out, size / out, next);
    } else {
      std::copy(values, values + size, next);
    }
    at[part] = next;
    next += size;
  }

  step_.height = static_cast<std::size_t>(node.shape.height);
  step_.width = static_cast<std::size_t>(node.shape.width);
  step_.channels = static_cast<std::size_t>(node.shape.channels);
  step_.aggregate = settings.aggregate;
  step_.threshold = static_cast<float>(settings.threshold);
  step_.reset = static_cast<float>(settings.reset);
  if (!settings.aggregate) {
    step_.decay = at.at("decay");
    step_.gain = at.at("gain");
    step_.offset = at.at("offset");
    return;
  }
  if (settings.pe_x) step_.pe_x = at.at("pe_x");
  if (settings.pe_h) step_.pe_h = at.at("pe_h");
  if (settings.pe_u) step_.pe_u = at.at("pe_u");
  step_.gc_reduced = static_cast<std::size_t>(settings.gc_reduced);
  for (int i = 0; i < 2 && settings.gc_reduced > 0; ++i) {
    const std::string block = i == 0 ? "gc1." : "gc2.";
    auto& gc = step_.gc[i];
    gc.key = at.at(block + "key.weight");
    gc.key_bias = at.at(block + "key.bias");
    gc.query = at.at(block + "query.weight");
    gc.query_bias = at.at(block + "query.bias");
    gc.norm = at.at(block + "norm.weight");
    gc.norm_bias = at.at(block + "norm.bias");
    gc.value_columns = at.at(block + "value.weight");
    gc.value_bias = at.at(block + "value.bias");
  }
  step_.sa_reduced = static_cast<std::size_t>(settings.sa_reduced);
  step_.sa_alpha = static_cast<float>(settings.sa_alpha);
  step_.sa_gain = static_cast<float>(settings.sa_gain);
  if (settings.sa_reduced > 0) {
    step_.sa.reduce = at.at("sa.reduce.weight");
    step_.sa.reduce_bias = at.at("sa.reduce.bias");
    step_.sa.expand_columns = at.at("sa.expand.weight");
    step_.sa.expand_bias = at.at("sa.expand.bias");
  }
}

}  // namespace staa::runtime
