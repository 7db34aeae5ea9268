#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "staa/format/lfs_pointer.h"
#include "staa/format/safetensors.h"
#include "staa/util/error.h"

namespace staa::format {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the limit of the reference implementation
constexpr std::size_t kMaxDepth = 8;               // a valid header is three deep

/// Reports where in the file something is wrong.
class Complaint {
 public:
  Complaint(const std::string& source, std::string tensor)
      : source_(source), tensor_(std::move(tensor)) {}

  template <typename... Args>
  [[noreturn]] void operator()(fmt::format_string<Args...> format, Args&&... args) const {
    const auto what = fmt::format(format, std::forward<Args>(args)...);
    const auto where = tensor_.empty() ? "" : fmt::format("tensor '{}': ", tensor_);
    fail(ErrorKind::kInput, "{}: {}{}", source_, where, what);
  }

 private:
  const std::string& source_;
  std::string tensor_;
};

/// Builds nothing, but refuses what nlohmann-json would accept: deep nesting and repeated keys.
class StrictHandler : public nlohmann::json_sax<json> {
 public:
  std::string problem;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    const auto& inserted = keys_.back().emplace(name, true);
    if (!inserted.second) problem = fmt::format("the header names '{}' twice", name);
    return inserted.second;
  }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    problem = fmt::format("the header is not JSON: error at offset {}", kLengthBytes + position);
    return false;
  }

 private:
  bool enter() {
    keys_.emplace_back();
    if (keys_.size() > kMaxDepth) problem = "the header is nested too deeply";
    return keys_.size() <= kMaxDepth;
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::map<std::string, bool>> keys_;
};

json parse_header(const std::uint8_t* begin, std::uint64_t length, const std::string& source) {
  StrictHandler handler;
  const auto* end = begin + length;
  if (!json::sax_parse(begin, end, &handler)) {
    Complaint(source, "")("{}",
                          handler.problem.empty() ? "the header is not JSON" : handler.problem);
  }
  auto header = json::parse(begin, end);
  if (!header.is_object()) {
    Complaint(source, "")("the header is not a JSON object: found {}", header.type_name());
  }
  return header;
}

std::uint64_t read_length(const Block& file, const std::string& source) {
  const Complaint complain(source, "");
  if (is_lfs_pointer(file.data(), file.size())) complain("{}", kLfsPointer);
  if (file.size() < kLengthBytes) {
    complain("truncated: expected at least {} bytes, found {}", kLengthBytes, file.size());
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<std::uint64_t>(file.data()[i]) << (8 * i);
  }
  if (length > kMaxHeader) {
    complain("not a safetensors file: a header of {} bytes at offset 0, expected at most {}",
             length, kMaxHeader);
  }
  if (length > file.size() - kLengthBytes) {
    complain("truncated: the header should end at offset {}, the file ends at {}",
             kLengthBytes + length, file.size());
  }
  return length;
}

/// Reads a non-negative integer.
std::uint64_t unsigned_number(const json& value, const char* what, const Complaint& complain) {
  if (!value.is_number_unsigned()) {
    complain("{}: expected whole numbers from 0, found {}", what, value.dump());
  }
  return value.get<std::uint64_t>();
}

/// The size in bytes of a tensor of this shape. Refuses a size that does not fit into 64 bits.
std::uint64_t tensor_bytes(const TensorInfo& tensor, const Complaint& complain) {
  std::uint64_t bytes = dtype_bytes(tensor.dtype);
  for (const auto extent : tensor.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
      complain("its shape {} is too large", json(tensor.shape).dump());
    }
  }
  return bytes;
}

/// Reads one entry of the header. Its offsets are converted to offsets in the file, whose data
/// start at `data_start` and end at `file_end`.
TensorInfo read_tensor(const std::string& name, const json& entry, std::uint64_t data_start,
                       std::uint64_t file_end, const std::string& source) {
  const Complaint complain(source, name);
  if (!entry.is_object()) complain("expected an object in the header, found {}", entry.dump());
  for (const auto& [key, value] : entry.items()) {
    if (key != "dtype" && key != "shape" && key != "data_offsets") {
      complain("unknown field '{}' in the header", key);
    }
  }
  TensorInfo tensor;
  tensor.name = name;
  const auto dtype = entry.value("dtype", json());
  const auto known = dtype.is_string() ? dtype_from_name(dtype.get<std::string>()) : std::nullopt;
  if (!known) complain("unknown dtype {}", dtype.dump());
  tensor.dtype = *known;

  const auto shape = entry.value("shape", json());
  if (!shape.is_array()) complain("shape: expected a list, found {}", shape.dump());
  for (const auto& extent : shape) {
    const auto value = unsigned_number(extent, "shape", complain);
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      complain("shape: an extent of {} is too large", value);
    }
    tensor.shape.push_back(static_cast<std::int64_t>(value));
  }

  const auto offsets = entry.value("data_offsets", json());
  if (!offsets.is_array() || offsets.size() != 2) {
    complain("data_offsets: expected two numbers, found {}", offsets.dump());
  }
  const auto begin = unsigned_number(offsets[0], "data_offsets", complain);
  const auto end = unsigned_number(offsets[1], "data_offsets", complain);
  if (begin > end || end > file_end - data_start) {
    complain("data_offsets [{}, {}] do not lie in the file's {} bytes of data", begin, end,
             file_end - data_start);
  }
  tensor.offset = data_start + begin;
  tensor.bytes = end - begin;
  const auto expected = tensor_bytes(tensor, complain);
  if (expected != tensor.bytes) {
    complain("at offset {}: {} {} needs {} bytes, found {}", tensor.offset, dtype_name(*known),
             shape.dump(), expected, tensor.bytes);
  }
  return tensor;
}

Metadata read_metadata(const json& value, const std::string& source) {
  if (!value.is_object()) {
    Complaint(source, "")("__metadata__: expected an object, found {}", value.dump());
  }
  Metadata metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) {
      Complaint(source, "")("__metadata__: '{}': expected a string, found {}", key, text.dump());
    }
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// `tensors` must be sorted by offset.
void check_coverage(const std::vector<TensorInfo>& tensors, std::uint64_t data_start,
                    std::uint64_t file_end, const std::string& source) {
  std::uint64_t next = data_start;
  for (const auto& tensor : tensors) {
    if (tensor.offset != next) {
      Complaint(source, tensor.name)(
          "starts at offset {}, expected {}: tensors must follow each "
          "other without gap or overlap",
          tensor.offset, next);
    }
    next += tensor.bytes;
  }
  if (next != file_end) {
    Complaint(source, "")("the tensors end at offset {}, the file at {}", next, file_end);
  }
}

}  // namespace

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path)
    : bytes_(read_block(path)), source_(path.string()) {
  parse();
}

SafetensorsReader::SafetensorsReader(const std::vector<std::uint8_t>& bytes, std::string source)
    : bytes_(bytes.size()), source_(std::move(source)) {
  std::copy(bytes.begin(), bytes.end(), bytes_.data());
  parse();
}

void SafetensorsReader::parse() {
  const auto length = read_length(bytes_, source_);
  const auto header = parse_header(bytes_.data() + kLengthBytes, length, source_);
  const auto data_start = kLengthBytes + length;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = read_metadata(entry, source_);
    } else {
      tensors_.push_back(read_tensor(name, entry, data_start, bytes_.size(), source_));
    }
  }
  std::sort(tensors_.begin(), tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  check_coverage(tensors_, data_start, bytes_.size(), source_);
  for (std::size_t i = 0; i < tensors_.size(); ++i) by_name_[tensors_[i].name] = i;

  const auto checksum = metadata_.find(kChecksumKey);
  if (checksum == metadata_.end()) return;
  const auto found = fmt::format(
      "{:08x}",
      ::crc32_z(::crc32_z(0, nullptr, 0), bytes_.data() + data_start, bytes_.size() - data_start));
  if (found != checksum->second) {
    Complaint(source_, "")("corrupted: the checksum of its data should be {}, found {}",
                           checksum->second, found);
  }
}

const TensorInfo* SafetensorsReader::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace staa::format
