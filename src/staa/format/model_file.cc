#include "staa/format/model_file.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "staa/format/json_fields.h"
#include "staa/format/tensor_checks.h"
#include "staa/util/error.h"

namespace staa::format {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxNodes = 4096;

const std::vector<std::pair<NodeKind, std::string>>& node_kind_names() {
  static const std::vector<std::pair<NodeKind, std::string>> table{
      {NodeKind::kConvolution, "convolution"},
      {NodeKind::kNeuron, "neuron"},
      {NodeKind::kPool, "pool"},
      {NodeKind::kHead, "head"},
      {NodeKind::kWhitening, "whitening"},
      {NodeKind::kCurrent, "current"}};
  return table;
}

/// Reads the weight format of a convolution's node. Files from before the introduction of 16-bit
/// weights have only the field `int8`.
Weights read_weights(Fields& fields) {
  const bool int8 = fields.boolean("int8");
  const auto name = fields.text_or("weights", int8 ? "int8" : "fp32");
  for (const auto weights : {Weights::kFp32, Weights::kBf16, Weights::kInt16, Weights::kInt8}) {
    if (name == weights_name(weights) && (weights == Weights::kInt8) == int8) return weights;
  }
  fields.complain(
      fmt::format("'weights': expected fp32, bf16, int16 or, with 'int8', int8, found '{}'", name));
}

Window read_window(Fields& fields) {
  return {fields.whole("kernel"), fields.whole("stride"), fields.whole("padding")};
}

NeuronSettings read_neuron(Fields& fields) {
  NeuronSettings settings;
  settings.threshold = fields.number("threshold");
  settings.reset = fields.number("reset");
  settings.aggregate = fields.boolean("aggregate");
  if (!settings.aggregate) return settings;
  settings.gc_reduced = fields.whole("gc_reduced");
  settings.sa_reduced = fields.whole("sa_reduced");
  settings.sa_alpha = fields.number("sa_alpha");
  settings.sa_gain = fields.number_or("sa_gain", 1);
  settings.pe_x = fields.boolean("pe_x");
  settings.pe_h = fields.boolean("pe_h");
  settings.pe_u = fields.boolean("pe_u");
  return settings;
}

/// `known` holds the nodes so far, by name.
Node read_node(const json& object, std::size_t index,
               const std::map<std::string, std::size_t>& known, const std::string& source) {
  Fields fields(object, source, fmt::format("node {} of the graph", index));
  Node node;
  node.kind = fields.kind(node_kind_names());
  node.name = fields.text("name");
  if (node.name.empty() || known.count(node.name) > 0) {
    fields.complain(fmt::format("the name '{}' is empty or taken", node.name));
  }
  for (const auto& input : fields.texts("inputs")) {
    const auto found = known.find(input);
    if (found == known.end()) {
      fields.complain(fmt::format("its input '{}' is no node before it", input));
    }
    node.inputs.push_back(found->second);
  }
  switch (node.kind) {
    case NodeKind::kConvolution:
      node.window = read_window(fields);
      node.out = fields.whole("out");
      node.weights = read_weights(fields);
      break;
    case NodeKind::kPool:
      node.window = read_window(fields);
      node.window.maximum = fields.boolean_or("maximum", false);
      break;
    case NodeKind::kNeuron:
      node.neuron = read_neuron(fields);
      break;
    case NodeKind::kWhitening:
      node.out = fields.whole("out");
      break;
    case NodeKind::kCurrent:
      node.current.max_pool = fields.boolean("max_pool");
      node.current.gain = fields.number("gain");
      break;
    case NodeKind::kHead:
      break;
  }
  fields.finish();
  return node;
}

ModelDescription read_model(const std::string& text, const std::string& source) {
  const auto root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) {
    fail(ErrorKind::kInput, "{}: the metadata '{}' is not JSON", source, kModelKey);
  }
  Fields fields(root, source, "the model's description");
  const auto version = fields.whole("version");
  if (version != kModelVersion) {
    fields.complain(fmt::format("a model of version {}, this program reads version {}", version,
                                kModelVersion));
  }
  ModelDescription model;
  model.network = fields.text("network");
  model.precision = fields.text("precision");
  model.steps = fields.whole("steps");
  Fields input(fields.any("input"), source, "the model's input");
  model.input = {input.whole("channels"), input.whole("height"), input.whole("width")};
  model.mean = input.numbers("mean");
  model.stddev = input.numbers("stddev");
  input.finish();
  for (const float deviation : model.stddev) {
    if (deviation <= 0) input.complain("'stddev': expected positive numbers");
  }
  model.classes = fields.texts("classes");
  const auto& nodes = fields.list("nodes");
  if (nodes.size() > kMaxNodes) {
    fields.complain(fmt::format("{} nodes, expected at most {}", nodes.size(), kMaxNodes));
  }
  std::map<std::string, std::size_t> known{{"image", kImage}};
  for (const auto& object : nodes) {
    model.nodes.push_back(read_node(object, model.nodes.size(), known, source));
    known[model.nodes.back().name] = model.nodes.size() - 1;
  }
  fields.finish();
  infer_shapes(model, source);
  return model;
}

ordered_json node_json(const ModelDescription& model, const Node& node) {
  ordered_json object;
  for (const auto& [kind, name] : node_kind_names()) {
    if (kind == node.kind) object["kind"] = name;
  }
  object["name"] = node.name;
  auto inputs = ordered_json::array();
  for (const auto input : node.inputs) {
    inputs.push_back(input == kImage ? "image" : model.nodes[input].name);
  }
  object["inputs"] = inputs;
  if (node.kind == NodeKind::kConvolution || node.kind == NodeKind::kPool) {
    object["kernel"] = node.window.kernel;
    object["stride"] = node.window.stride;
    object["padding"] = node.window.padding;
  }
  if (node.kind == NodeKind::kPool && node.window.maximum) object["maximum"] = true;
  if (node.kind == NodeKind::kConvolution) {
    object["out"] = node.out;
    object["int8"] = node.weights == Weights::kInt8;
    // Earlier programs would refuse this field, so it is written only if necessary.
    if (node.weights == Weights::kBf16 || node.weights == Weights::kInt16) {
      object["weights"] = weights_name(node.weights);
    }
  }
  if (node.kind == NodeKind::kWhitening) object["out"] = node.out;
  if (node.kind == NodeKind::kCurrent) {
    object["max_pool"] = node.current.max_pool;
    object["gain"] = node.current.gain;
  }
  if (node.kind == NodeKind::kNeuron) {
    const auto& settings = node.neuron;
    object["threshold"] = settings.threshold;
    object["reset"] = settings.reset;
    object["aggregate"] = settings.aggregate;
    if (settings.aggregate) {
      object["gc_reduced"] = settings.gc_reduced;
      object["sa_reduced"] = settings.sa_reduced;
      object["sa_alpha"] = settings.sa_alpha;
      object["sa_gain"] = settings.sa_gain;
      object["pe_x"] = settings.pe_x;
      object["pe_h"] = settings.pe_h;
      object["pe_u"] = settings.pe_u;
    }
  }
  return object;
}

}  // namespace

const std::string& model_text(const SafetensorsReader& reader) {
  const auto found = reader.metadata().find(kModelKey);
  if (found == reader.metadata().end()) {
    fail(ErrorKind::kInput,
         "{}: not a model file: its metadata has no '{}' (staa export makes one)", reader.source(),
         kModelKey);
  }
  return found->second;
}

std::string weights_name(Weights weights) {
  switch (weights) {
    case Weights::kBf16:
      return "bf16";
    case Weights::kInt16:
      return "int16";
    case Weights::kInt8:
      return "int8";
    case Weights::kFp32:
      break;
  }
  return "fp32";
}

std::string to_json(const ModelDescription& model) {
  auto nodes = ordered_json::array();
  for (const auto& node : model.nodes) nodes.push_back(node_json(model, node));
  return ordered_json{{"version", kModelVersion},
                      {"network", model.network},
                      {"precision", model.precision},
                      {"steps", model.steps},
                      {"input",
                       {{"channels", model.input.channels},
                        {"height", model.input.height},
                        {"width", model.input.width},
                        {"mean", model.mean},
                        {"stddev", model.stddev}}},
                      {"classes", model.classes},
                      {"nodes", nodes}}
      .dump();
}

ModelFile::ModelFile(const std::filesystem::path& path) : reader_(path) { check(); }

ModelFile::ModelFile(const std::vector<std::uint8_t>& bytes, std::string source)
    : reader_(bytes, std::move(source)) {
  check();
}

ModelFile::ModelFile(SafetensorsReader reader) : reader_(std::move(reader)) { check(); }

void ModelFile::check() {
  const auto& source = reader_.source();
  model_ = read_model(model_text(reader_), source);
  std::vector<TensorNeed> needs;
  for (const auto& node : model_.nodes) {
    for (auto& need : tensors_of(node, input_shape(model_, node), model_)) {
      needs.push_back(std::move(need));
    }
  }
  check_tensors(reader_, needs);
}

const float* ModelFile::floats(const std::string& name) const {
  return float_values(reader_, name);
}

const std::uint16_t* ModelFile::bf16s(const std::string& name) const {
  return reinterpret_cast<const std::uint16_t*>(reader_.data(*reader_.find(name)));
}

const std::int16_t* ModelFile::int16s(const std::string& name) const {
  return reinterpret_cast<const std::int16_t*>(reader_.data(*reader_.find(name)));
}

const std::int8_t* ModelFile::bytes(const std::string& name) const {
  return reinterpret_cast<const std::int8_t*>(reader_.data(*reader_.find(name)));
}

}  // namespace staa::format
