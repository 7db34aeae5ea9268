#include "staa/runtime/neuron_layer.h"

#include <map>
#include <string>

namespace staa::runtime {

NeuronLayer::NeuronLayer(const format::ModelFile& file, const format::Node& node) {
  const auto& settings = node.neuron;
  std::size_t total = 0;
  for (const auto& need : format::tensors_of(node, node.shape, file.model())) {
    std::size_t size = 1;
    for (const auto extent : need.shape) size *= static_cast<std::size_t>(extent);
    total += size;
  }
  weights_.reserve(total);

  std::map<std::string, const float*> at;
  for (const auto& need : format::tensors_of(node, node.shape, file.model())) {
    std::size_t size = 1;
    for (const auto extent : need.shape) size *= static_cast<std::size_t>(extent);
    const float* values = file.floats(need.name);
    at[need.name.substr(node.name.size() + 1)] = weights_.data() + weights_.size();
    weights_.insert(weights_.end(), values, values + size);
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
    gc.value = at.at(block + "value.weight");
    gc.value_bias = at.at(block + "value.bias");
  }
  step_.sa_reduced = static_cast<std::size_t>(settings.sa_reduced);
  step_.sa_alpha = static_cast<float>(settings.sa_alpha);
  if (settings.sa_reduced > 0) {
    step_.sa.reduce = at.at("sa.reduce.weight");
    step_.sa.reduce_bias = at.at("sa.reduce.bias");
    step_.sa.expand = at.at("sa.expand.weight");
    step_.sa.expand_bias = at.at("sa.expand.bias");
  }
}

std::size_t NeuronLayer::run(std::size_t t, const kernels::StepInput& input, float* h,
                             const kernels::LevelsShape& shape, std::uint8_t* levels,
                             kernels::StepScratch& scratch) const {
  auto step = step_;
  step.first = t == 0;
  for (const float** table : {&step.pe_x, &step.pe_h, &step.pe_u}) {
    if (*table != nullptr) *table += t * step.channels;
  }
  return kernels::neuron_step(step, input, h, shape, levels, scratch);
}

}  // namespace staa::runtime
