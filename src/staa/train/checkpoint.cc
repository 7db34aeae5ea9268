#include "staa/train/checkpoint.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "staa/format/safetensors.h"
#include "staa/train/teacher.h"
#include "staa/train/weight_average.h"
#include "staa/util/error.h"

namespace staa::train {
namespace {

using format::DType;
using nlohmann::json;

constexpr const char* kOptimizerPrefix = "optimizer/";
constexpr const char* kAveragePrefix = "average/";
constexpr const char* kTeacherPrefix = "teacher/";
constexpr const char* kRandomName = "random/cpu";
constexpr const char* kProgressKey = "staa.progress";
constexpr const char* kUpdatesKey = "staa.average_updates";

const std::vector<std::pair<torch::ScalarType, DType>>& type_table() {
  static const std::vector<std::pair<torch::ScalarType, DType>> table{
      {torch::kDouble, DType::kF64},    {torch::kFloat, DType::kF32}, {torch::kHalf, DType::kF16},
      {torch::kBFloat16, DType::kBF16}, {torch::kLong, DType::kI64},  {torch::kInt, DType::kI32},
      {torch::kShort, DType::kI16},     {torch::kChar, DType::kI8},   {torch::kByte, DType::kU8},
      {torch::kBool, DType::kBool}};
  return table;
}

DType file_type(torch::ScalarType type) {
  for (const auto& [ours, file] : type_table()) {
    if (ours == type) return file;
  }
  fail(ErrorKind::kRuntime, "a tensor of type {} cannot be saved", torch::toString(type));
}

torch::ScalarType tensor_type(DType type) {
  for (const auto& [ours, file] : type_table()) {
    if (file == type) return ours;
  }
  return torch::kByte;
}

/// Weights and buffers by name.
std::map<std::string, torch::Tensor> named_state(const torch::nn::Module& network) {
  std::map<std::string, torch::Tensor> state;
  for (const auto& item : network.named_parameters()) state[item.key()] = item.value();
  for (const auto& item : network.named_buffers()) state[item.key()] = item.value();
  return state;
}

/// Keeps contiguous copies alive until the file is written.
class Collector {
 public:
  void add(const std::string& name, const torch::Tensor& tensor) {
    kept_.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const auto& copy = kept_.back();
    writer.add(name, file_type(copy.scalar_type()), copy.sizes().vec(), copy.data_ptr());
  }

  format::SafetensorsWriter writer;

 private:
  std::vector<torch::Tensor> kept_;
};

void put_progress(format::SafetensorsWriter& writer, const Progress& p, const Metadata& metadata) {
  writer.set_metadata(kProgressKey, json{{"epoch", p.epoch},
                                         {"batch", p.batch},
                                         {"step", p.step},
                                         {"loss_sum", p.loss_sum},
                                         {"hits", p.hits},
                                         {"samples", p.samples},
                                         {"skipped", p.skipped},
                                         {"seconds", p.seconds},
                                         {"best_top1", p.best_top1},
                                         {"best_epoch", p.best_epoch},
                                         {"evaluated_step", p.evaluated_step},
                                         {"loss_scale", p.loss_scale.value},
                                         {"loss_scale_steps", p.loss_scale.steps}}
                                        .dump());
  for (const auto& [key, text] : metadata) writer.set_metadata(key, text);
}

const std::string& text_under(const format::SafetensorsReader& reader, const std::string& key) {
  const auto found = reader.metadata().find(key);
  if (found == reader.metadata().end()) {
    fail(ErrorKind::kInput, "{}: not a checkpoint of staa: '{}' is missing in its metadata",
         reader.source(), key);
  }
  return found->second;
}

/// Runs `read` on the JSON under `key`. Missing or mistyped fields become an Error.
template <typename Read>
auto read_json(const format::SafetensorsReader& reader, const char* key, Read read) {
  try {
    return read(json::parse(text_under(reader, key)));
  } catch (const json::exception& error) {
    fail(ErrorKind::kInput, "{}: its metadata '{}' cannot be read: {}", reader.source(), key,
         error.what());
  }
}

Progress read_progress(const format::SafetensorsReader& reader) {
  return read_json(reader, kProgressKey, [](const json& j) {
    Progress p;
    p.epoch = j.at("epoch").get<std::int64_t>();
    p.batch = j.at("batch").get<std::int64_t>();
    p.step = j.at("step").get<std::int64_t>();
    p.loss_sum = j.at("loss_sum").get<double>();
    p.hits = j.at("hits").get<std::int64_t>();
    p.samples = j.at("samples").get<std::int64_t>();
    p.skipped = j.value("skipped", std::int64_t{0});
    p.seconds = j.at("seconds").get<double>();
    p.best_top1 = j.at("best_top1").get<double>();
    p.best_epoch = j.at("best_epoch").get<std::int64_t>();
    // Older files were written at the end of an epoch, after its evaluation.
    p.evaluated_step = j.value("evaluated_step", p.batch == 0 ? p.step : std::int64_t{-1});
    p.loss_scale.value = j.value("loss_scale", p.loss_scale.value);
    p.loss_scale.steps = j.value("loss_scale_steps", p.loss_scale.steps);
    return p;
  });
}

/// Wraps the reader's memory in a tensor, without a copy.
torch::Tensor view(const format::SafetensorsReader& reader, const format::TensorInfo& info) {
  // from_blob takes no const; nothing writes through this view.
  auto* data = const_cast<std::uint8_t*>(reader.data(info));
  return torch::from_blob(data, info.shape, tensor_type(info.dtype));
}

/// Checks that the file's weights match `state` exactly in name, type and shape. All are checked
/// before any is copied.
void check_weights(const format::SafetensorsReader& reader,
                   const std::map<std::string, torch::Tensor>& state) {
  for (const auto& [name, tensor] : state) {
    const auto* info = reader.find(name);
    if (info == nullptr) {
      fail(ErrorKind::kInput, "{}: tensor '{}' of the network is missing", reader.source(), name);
    }
    const auto type = file_type(tensor.scalar_type());
    if (tensor.sizes() != torch::IntArrayRef(info->shape) || type != info->dtype) {
      std::ostringstream text;
      text << "expected " << format::dtype_name(type) << ' ' << tensor.sizes() << ", found "
           << format::dtype_name(info->dtype) << ' ' << torch::IntArrayRef(info->shape);
      fail(ErrorKind::kInput, "{}: tensor '{}' does not fit the network: {}", reader.source(), name,
           text.str());
    }
  }
  for (const auto& info : reader.tensors()) {
    const auto is_under = [&](const char* prefix) { return info.name.rfind(prefix, 0) == 0; };
    const bool beside_weights = is_under(kOptimizerPrefix) || is_under(kAveragePrefix) ||
                                is_under(kTeacherPrefix) || info.name == kRandomName;
    if (!beside_weights && state.count(info.name) == 0) {
      fail(ErrorKind::kInput, "{}: tensor '{}' is not one of the network's", reader.source(),
           info.name);
    }
  }
}

/// The tensors whose names begin with `prefix`, keyed by the rest of the name.
std::map<std::string, torch::Tensor> tensors_under(const format::SafetensorsReader& reader,
                                                   const std::string& prefix) {
  std::map<std::string, torch::Tensor> found;
  for (const auto& info : reader.tensors()) {
    if (info.name.rfind(prefix, 0) == 0) {
      found[info.name.substr(prefix.size())] = view(reader, info);
    }
  }
  return found;
}

void copy_weights(const format::SafetensorsReader& reader,
                  std::map<std::string, torch::Tensor>& state) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : state) tensor.copy_(view(reader, *reader.find(name)));
}

/// Whether the teacher has taught by `progress`. At the start of its first epoch it is yet to be
/// taken.
bool teaches(const Teacher* teacher, const Progress& progress) {
  return teacher != nullptr &&
         teacher->teaches(progress.batch > 0 ? progress.epoch : progress.epoch - 1);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const torch::nn::Module& network,
                     const Optimizer& optimizer, const KeptCopies& copies, const Progress& progress,
                     const Metadata& metadata) {
  Collector collector;
  for (const auto& [name, tensor] : named_state(network)) collector.add(name, tensor);
  for (const auto& [name, tensor] : optimizer.state()) {
    collector.add(kOptimizerPrefix + name, tensor);
  }
  if (const auto* average = copies.average) {
    for (const auto& [name, tensor] : average->copies()) {
      collector.add(kAveragePrefix + name, tensor);
    }
    collector.writer.set_metadata(kUpdatesKey, std::to_string(average->updates()));
  }
  if (teaches(copies.teacher, progress)) {
    for (const auto& [name, tensor] : copies.teacher->weights().copies()) {
      collector.add(kTeacherPrefix + name, tensor);
    }
  }
  collector.add(kRandomName, at::detail::getDefaultCPUGenerator().get_state());
  put_progress(collector.writer, progress, metadata);
  collector.writer.write(path);
}

void save_weights(const std::filesystem::path& path, const torch::nn::Module& network,
                  const Progress& progress, const Metadata& metadata) {
  Collector collector;
  for (const auto& [name, tensor] : named_state(network)) collector.add(name, tensor);
  put_progress(collector.writer, progress, metadata);
  collector.writer.write(path);
}

Progress load_checkpoint(const std::filesystem::path& path, torch::nn::Module& network,
                         Optimizer& optimizer, const KeptCopies& copies) {
  const format::SafetensorsReader reader(path);
  const auto progress = read_progress(reader);
  auto state = named_state(network);
  check_weights(reader, state);
  const auto* random = reader.find(kRandomName);
  const auto expected = at::detail::getDefaultCPUGenerator().get_state().numel();
  if (random == nullptr || random->dtype != DType::kU8 ||
      static_cast<std::int64_t>(random->bytes) != expected) {
    fail(ErrorKind::kInput,
         "{}: tensor '{}' is missing or not a state of {} bytes: nothing can be resumed from this "
         "file",
         reader.source(), kRandomName, expected);
  }
  optimizer.load_state(tensors_under(reader, kOptimizerPrefix), reader.source());
  if (auto* average = copies.average) {
    const auto updates = std::strtoll(text_under(reader, kUpdatesKey).c_str(), nullptr, 10);
    average->load(tensors_under(reader, kAveragePrefix), updates, reader.source());
  }
  if (teaches(copies.teacher, progress)) {
    copies.teacher->weights().load(tensors_under(reader, kTeacherPrefix), reader.source());
  }
  copy_weights(reader, state);
  auto generator = at::detail::getDefaultCPUGenerator();
  generator.set_state(view(reader, *random).clone());
  return progress;
}

Progress load_weights(const std::filesystem::path& path, torch::nn::Module& network) {
  const format::SafetensorsReader reader(path);
  const auto progress = read_progress(reader);
  auto state = named_state(network);
  check_weights(reader, state);
  copy_weights(reader, state);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, average] : tensors_under(reader, kAveragePrefix)) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != average.sizes()) {
      fail(ErrorKind::kInput, "{}: the averaged weight '{}' does not fit the network",
           reader.source(), name);
    }
    found->second.copy_(average);
  }
  return progress;
}

Progress load_progress(const std::filesystem::path& path) {
  return read_progress(format::SafetensorsReader(path));
}

Metadata load_metadata(const std::filesystem::path& path, const std::vector<std::string>& wanted) {
  const format::SafetensorsReader reader(path);
  for (const auto& key : wanted) text_under(reader, key);
  return {reader.metadata().begin(), reader.metadata().end()};
}

}  // namespace staa::train
