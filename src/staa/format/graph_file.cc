#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "staa/format/graph.h"
#include "staa/format/json_fields.h"
#include "staa/format/tensor_checks.h"
#include "staa/util/error.h"

namespace staa::format {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxLayers = 65536;
constexpr const char* kInputName = "@input";

const std::vector<std::pair<LayerKind, std::string>>& layer_kind_names() {
  static const std::vector<std::pair<LayerKind, std::string>> table{
      {LayerKind::kConvolution, "convolution"},
      {LayerKind::kLinear, "linear"},
      {LayerKind::kScale, "scale"},
      {LayerKind::kPool, "pool"},
      {LayerKind::kFlatten, "flatten"},
      {LayerKind::kNeuron, "neuron"},
      {LayerKind::kThreshold, "threshold"},
      {LayerKind::kDelay, "delay"},
      {LayerKind::kSum, "sum"}};
  return table;
}

std::vector<std::int64_t> read_extents(Fields& fields, const std::string& key) {
  std::vector<std::int64_t> extents;
  constexpr std::uint64_t kMost = 1 << 30;
  for (const auto& value : fields.list(key)) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
      fields.complain(fmt::format("'{}': expected whole numbers from 0 to {}", key, kMost));
    }
    extents.push_back(value.get<std::int64_t>());
  }
  return extents;
}

Axes read_axes(Fields& fields, const std::string& key) {
  const auto extents = read_extents(fields, key);
  if (extents.size() != 2) fields.complain(fmt::format("'{}': expected two numbers", key));
  return {extents[0], extents[1]};
}

void read_sweep(Fields& fields, Sweep& sweep) {
  sweep.kernel = read_axes(fields, "kernel");
  sweep.stride = read_axes(fields, "stride");
  sweep.before = read_axes(fields, "before");
  sweep.after = read_axes(fields, "after");
}

/// Reads the fields that a kind of layer has in addition to name, inputs and shape.
void read_settings(Fields& fields, Layer& layer) {
  switch (layer.kind) {
    case LayerKind::kConvolution:
      read_sweep(fields, layer.sweep);
      layer.sweep.dilation = read_axes(fields, "dilation");
      layer.groups = fields.whole("groups");
      break;
    case LayerKind::kPool:
      read_sweep(fields, layer.sweep);
      layer.factor = fields.number("factor");
      break;
    case LayerKind::kFlatten:
      layer.first = fields.whole("first");
      layer.last = fields.whole("last");
      break;
    case LayerKind::kNeuron:
      layer.dynamics.synapse = fields.boolean("synapse");
      layer.dynamics.spikes = fields.boolean("spikes");
      layer.dynamics.subtract = fields.boolean("subtract");
      layer.each = fields.boolean("each");
      break;
    case LayerKind::kDelay:
      layer.longest = fields.whole("longest");
      layer.each = fields.boolean("each");
      break;
    case LayerKind::kScale:
    case LayerKind::kThreshold:
      layer.each = fields.boolean("each");
      break;
    case LayerKind::kLinear:
    case LayerKind::kSum:
      break;
  }
}

using Names = std::map<std::string, std::size_t>;

std::vector<std::size_t> find_all(Fields& fields, const std::string& key, const Names& names) {
  std::vector<std::size_t> found;
  for (const auto& name : fields.texts(key)) {
    const auto at = names.find(name);
    if (at == names.end()) fields.complain(fmt::format("its input '{}' is no node", name));
    found.push_back(at->second);
  }
  return found;
}

std::vector<Layer> read_layers(Fields& root, const std::string& source) {
  const auto& list = root.list("nodes");
  if (list.size() > kMaxLayers) {
    root.complain(fmt::format("{} nodes, expected at most {}", list.size(), kMaxLayers));
  }
  std::vector<Layer> layers;
  std::vector<Fields> all;
  Names names{{kInputName, kGraphInput}};
  for (const auto& object : list) {
    auto& fields =
        all.emplace_back(object, source, fmt::format("node {} of the graph", all.size()));
    Layer layer;
    layer.kind = fields.kind(layer_kind_names());
    layer.name = fields.text("name");
    if (layer.name.empty() || !names.emplace(layer.name, layers.size()).second) {
      fields.complain(fmt::format("the name '{}' is empty or taken", layer.name));
    }
    layer.shape = read_extents(fields, "shape");
    read_settings(fields, layer);
    layers.push_back(std::move(layer));
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].inputs = find_all(all[i], "inputs", names);
    layers[i].late = find_all(all[i], "late", names);
    all[i].finish();
  }
  return layers;
}

GraphDescription read_graph(const std::string& text, const std::string& source) {
  const auto root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) {
    fail(ErrorKind::kInput, "{}: the metadata '{}' is not JSON", source, kModelKey);
  }
  Fields fields(root, source, "the model's description");
  const auto version = fields.whole("version");
  if (version != kGraphVersion) {
    fields.complain(fmt::format("a model of version {}, expected {}", version, kGraphVersion));
  }
  GraphDescription graph;
  graph.network = fields.text("network");
  graph.steps = fields.whole("steps");
  graph.dt = fields.number("dt");
  Fields input(fields.any("input"), source, "the model's input");
  graph.input = read_extents(input, "shape");
  graph.mean = input.numbers("mean");
  graph.stddev = input.numbers("stddev");
  input.finish();
  for (const float deviation : graph.stddev) {
    if (deviation <= 0) input.complain("'stddev': expected positive numbers");
  }
  graph.classes = fields.texts("classes");
  graph.layers = read_layers(fields, source);
  fields.finish();
  check_graph(graph, source);
  return graph;
}

ordered_json pair(const Axes& axes) { return {axes.rows, axes.columns}; }

ordered_json names_of(const GraphDescription& graph, const std::vector<std::size_t>& layers) {
  auto names = ordered_json::array();
  for (const auto layer : layers) {
    names.push_back(layer == kGraphInput ? kInputName : graph.layers[layer].name);
  }
  return names;
}

ordered_json layer_json(const GraphDescription& graph, const Layer& layer) {
  ordered_json object;
  for (const auto& [kind, name] : layer_kind_names()) {
    if (kind == layer.kind) object["kind"] = name;
  }
  object["name"] = layer.name;
  object["inputs"] = names_of(graph, layer.inputs);
  object["late"] = names_of(graph, layer.late);
  object["shape"] = layer.shape;
  const bool convolution = layer.kind == LayerKind::kConvolution;
  if (convolution || layer.kind == LayerKind::kPool) {
    object["kernel"] = pair(layer.sweep.kernel);
    object["stride"] = pair(layer.sweep.stride);
    object["before"] = pair(layer.sweep.before);
    object["after"] = pair(layer.sweep.after);
  }
  if (convolution) {
    object["dilation"] = pair(layer.sweep.dilation);
    object["groups"] = layer.groups;
  }
  if (layer.kind == LayerKind::kPool) object["factor"] = layer.factor;
  if (layer.kind == LayerKind::kFlatten) {
    object["first"] = layer.first;
    object["last"] = layer.last;
  }
  if (layer.kind == LayerKind::kNeuron) {
    object["synapse"] = layer.dynamics.synapse;
    object["spikes"] = layer.dynamics.spikes;
    object["subtract"] = layer.dynamics.subtract;
  }
  if (layer.kind == LayerKind::kDelay) object["longest"] = layer.longest;
  if (layer.kind == LayerKind::kNeuron || layer.kind == LayerKind::kDelay ||
      layer.kind == LayerKind::kScale || layer.kind == LayerKind::kThreshold) {
    object["each"] = layer.each;
  }
  return object;
}

}  // namespace

std::string to_json(const GraphDescription& graph) {
  auto nodes = ordered_json::array();
  for (const auto& layer : graph.layers) nodes.push_back(layer_json(graph, layer));
  return ordered_json{
      {"version", kGraphVersion},
      {"network", graph.network},
      {"steps", graph.steps},
      {"dt", graph.dt},
      {"input", {{"shape", graph.input}, {"mean", graph.mean}, {"stddev", graph.stddev}}},
      {"classes", graph.classes},
      {"nodes", nodes}}
      .dump();
}

std::int64_t stated_version(const SafetensorsReader& reader) {
  const auto found = reader.metadata().find(kModelKey);
  if (found == reader.metadata().end()) return kModelVersion;
  const auto root = json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || !root.contains("version")) return kModelVersion;
  const auto& version = root["version"];
  return version.is_number_integer() ? version.get<std::int64_t>() : kModelVersion;
}

GraphFile::GraphFile(SafetensorsReader reader)
    : reader_(std::move(reader)), graph_(read_graph(model_text(reader_), reader_.source())) {
  std::vector<TensorNeed> needs;
  for (const auto& layer : graph_.layers) {
    for (auto& need : tensors_of(graph_, layer)) needs.push_back(std::move(need));
  }
  check_tensors(reader_, needs);
  for (const auto& layer : graph_.layers) {
    if (layer.kind != LayerKind::kDelay) continue;
    const auto name = layer.name + ".delay";
    const float* values = floats(name);
    for (std::size_t i = 0; i < size(name); ++i) {
      if (values[i] >= 0 && values[i] <= static_cast<float>(layer.longest) &&
          values[i] == std::floor(values[i])) {
        continue;
      }
      fail(ErrorKind::kInput, "{}: tensor '{}': value {} is {}, expected whole steps from 0 to {}",
           reader_.source(), name, i, values[i], layer.longest);
    }
  }
}

const float* GraphFile::floats(const std::string& name) const {
  return float_values(reader_, name);
}

std::size_t GraphFile::size(const std::string& name) const {
  return reader_.find(name)->bytes / sizeof(float);
}

}  // namespace staa::format
