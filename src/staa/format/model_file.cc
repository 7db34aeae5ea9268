#include "staa/format/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "staa/util/error.h"

namespace staa::format {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMaxNodes = 4096;
constexpr std::size_t kMaxText = 256;  // bytes of a name

const std::vector<std::pair<NodeKind, std::string>>& kind_names() {
  static const std::vector<std::pair<NodeKind, std::string>> table{
      {NodeKind::kConvolution, "convolution"},
      {NodeKind::kNeuron, "neuron"},
      {NodeKind::kPool, "pool"},
      {NodeKind::kHead, "head"},
      {NodeKind::kWhitening, "whitening"},
      {NodeKind::kCurrent, "current"}};
  return table;
}

/// The fields of one JSON object. Each must be read once with its expected type; finish() refuses
/// fields that were not read.
class Fields {
 public:
  Fields(const json& object, const std::string& source, std::string where)
      : object_(object), source_(source), where_(std::move(where)) {
    if (!object.is_object()) complain("expected an object");
  }

  const json& any(const std::string& key) {
    const auto found = object_.find(key);
    if (found == object_.end()) complain(fmt::format("'{}' is missing", key));
    asked_.insert(key);
    return *found;
  }

  std::string text(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_string()) complain(fmt::format("'{}': expected a text", key));
    return short_text(value.get<std::string>(), key);
  }

  std::int64_t whole(const std::string& key) {
    const auto& value = any(key);
    constexpr std::uint64_t kMost = 1 << 30;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
      complain(fmt::format("'{}': expected a whole number from 0 to {}", key, kMost));
    }
    return static_cast<std::int64_t>(value.get<std::uint64_t>());
  }

  double number(const std::string& key) { return finite(any(key), key); }

  /// For a field that is absent in files of earlier versions of the program.
  double number_or(const std::string& key, double otherwise) {
    return object_.contains(key) ? number(key) : otherwise;
  }

  bool boolean(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_boolean()) complain(fmt::format("'{}': expected true or false", key));
    return value.get<bool>();
  }

  bool boolean_or(const std::string& key, bool otherwise) {
    return object_.contains(key) ? boolean(key) : otherwise;
  }

  const json& list(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_array()) complain(fmt::format("'{}': expected a list", key));
    return value;
  }

  std::vector<float> numbers(const std::string& key) {
    std::vector<float> out;
    for (const auto& value : list(key)) out.push_back(static_cast<float>(finite(value, key)));
    return out;
  }

  std::vector<std::string> texts(const std::string& key) {
    std::vector<std::string> out;
    for (const auto& value : list(key)) {
      if (!value.is_string()) complain(fmt::format("'{}': expected texts", key));
      out.push_back(short_text(value.get<std::string>(), key));
    }
    return out;
  }

  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (asked_.count(key) == 0) complain(fmt::format("unknown field '{}'", key));
    }
  }

  [[noreturn]] void complain(const std::string& what) const {
    fail(ErrorKind::kInput, "{}: {}: {}", source_, where_, what);
  }

 private:
  double finite(const json& value, const std::string& key) const {
    if (!value.is_number() || !std::isfinite(value.get<float>())) {
      complain(fmt::format("'{}': expected finite numbers", key));
    }
    return value.get<double>();
  }

  std::string short_text(const std::string& text, const std::string& key) const {
    if (text.size() > kMaxText) {
      complain(
          fmt::format("'{}': a text of {} bytes, expected at most {}", key, text.size(), kMaxText));
    }
    return text;
  }

  const json& object_;
  const std::string& source_;
  std::string where_;
  std::set<std::string> asked_;
};

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

NodeKind read_kind(Fields& fields) {
  const auto name = fields.text("kind");
  for (const auto& [kind, known] : kind_names()) {
    if (known == name) return kind;
  }
  fields.complain(fmt::format("unknown kind '{}'", name));
}

/// `known` holds the nodes so far, by name.
Node read_node(const json& object, std::size_t index,
               const std::map<std::string, std::size_t>& known, const std::string& source) {
  Fields fields(object, source, fmt::format("node {} of the graph", index));
  Node node;
  node.kind = read_kind(fields);
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
      node.int8 = fields.boolean("int8");
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
  for (const auto& [kind, name] : kind_names()) {
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
    object["int8"] = node.int8;
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

std::string describe(DType dtype, const std::vector<std::int64_t>& shape) {
  return dtype_name(dtype) + " " + json(shape).dump();
}

/// The loop has no early exit, so that it can be vectorised.
bool all_finite(const float* values, std::uint64_t size) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t bad = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof bits);
    bad |= (bits & kExponent) == kExponent ? 1U : 0U;
  }
  return bad == 0;
}

std::string model_text(const SafetensorsReader& reader) {
  const auto found = reader.metadata().find(kModelKey);
  if (found == reader.metadata().end()) {
    fail(ErrorKind::kInput,
         "{}: not a model file: its metadata has no '{}' (staa export makes one)", reader.source(),
         kModelKey);
  }
  return found->second;
}

}  // namespace

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

void ModelFile::check() {
  const auto& source = reader_.source();
  model_ = read_model(model_text(reader_), source);
  std::size_t needed = 0;
  for (const auto& node : model_.nodes) {
    for (const auto& need : tensors_of(node, input_shape(model_, node), model_)) {
      ++needed;
      const auto* tensor = reader_.find(need.name);
      if (tensor == nullptr) {
        fail(ErrorKind::kInput, "{}: tensor '{}' is missing", source, need.name);
      }
      if (tensor->dtype != need.dtype || tensor->shape != need.shape) {
        fail(ErrorKind::kInput, "{}: tensor '{}': expected {}, found {}", source, need.name,
             describe(need.dtype, need.shape), describe(tensor->dtype, tensor->shape));
      }
      if (need.dtype != DType::kF32) continue;
      if (tensor->offset % alignof(float) != 0) {
        fail(ErrorKind::kInput, "{}: tensor '{}' lies unaligned, at offset {}", source, need.name,
             tensor->offset);
      }
      const float* values = floats(need.name);
      const auto size = tensor->bytes / sizeof(float);
      if (all_finite(values, size)) continue;
      const auto* bad =
          std::find_if(values, values + size, [](float v) { return !std::isfinite(v); });
      fail(ErrorKind::kInput, "{}: tensor '{}': value {} is not finite", source, need.name,
           bad - values);
    }
  }
  if (needed == reader_.tensors().size()) return;
  fail(ErrorKind::kInput, "{}: the graph needs {} tensors, the file holds {}", source, needed,
       reader_.tensors().size());
}

const float* ModelFile::floats(const std::string& name) const {
  // The reader's memory is aligned, and check() has checked the offset.
  return reinterpret_cast<const float*>(reader_.data(*reader_.find(name)));
}

const std::int8_t* ModelFile::bytes(const std::string& name) const {
  return reinterpret_cast<const std::int8_t*>(reader_.data(*reader_.find(name)));
}

}  // namespace staa::format
