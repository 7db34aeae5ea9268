#include "staa/events/npy.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "staa/events/load.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeaderBytes = 4096;

template <typename T>
bool load_whole(const std::uint8_t* bytes, std::int64_t& whole) {
  const T value = load<T>(bytes);
  if constexpr (std::is_floating_point_v<T>) {
    // This is false for NaN too.
    if (!(std::abs(value) < T{0x1.0p63} && value == std::trunc(value))) return false;
  }
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (value >> 63 != 0) return false;
  }
  whole = static_cast<std::int64_t>(value);  // NOLINT(bugprone-signed-char-misuse): a number
  return true;
}

constexpr NpyType kTypes[] = {
    {"b1", 1, load_whole<std::uint8_t>},  {"u1", 1, load_whole<std::uint8_t>},
    {"u2", 2, load_whole<std::uint16_t>}, {"u4", 4, load_whole<std::uint32_t>},
    {"u8", 8, load_whole<std::uint64_t>}, {"i1", 1, load_whole<std::int8_t>},
    {"i2", 2, load_whole<std::int16_t>},  {"i4", 4, load_whole<std::int32_t>},
    {"i8", 8, load_whole<std::int64_t>},  {"f4", 4, load_whole<float>},
    {"f8", 8, load_whole<double>},
};

}  // namespace

const NpyType* find_npy_type(std::string_view description) {
  if (description.size() != 3 || (description[0] != '<' && description[0] != '|')) return nullptr;
  for (const auto& type : kTypes) {
    if (description.substr(1) == type.name) return &type;
  }
  return nullptr;
}

std::string_view npy_value(std::string_view header, const std::string& key) {
  const auto at = header.find("'" + key + "':");
  if (at == std::string_view::npos) return {};
  auto rest = header.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

bool npy_length(std::string_view shape, std::uint64_t& length) {
  const char* end = shape.data() + shape.size();
  const auto parsed =
      std::from_chars(shape.data() + (shape.empty() || shape[0] != '(' ? 0 : 1), end, length);
  const auto after = std::string_view(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  return !shape.empty() && parsed.ec == std::errc() && after.rfind(",)", 0) == 0;
}

NpyColumn::NpyColumn(std::shared_ptr<const InputFile> file, const ZipMember& member)
    : file_(file->name()), reader_(std::move(file), member) {
  read_header();
}

void NpyColumn::refuse(const std::string& why) const {
  fail(ErrorKind::kInput, "{}: {}: {}", file_, reader_.member().name, why);
}

void NpyColumn::read_header() {
  std::uint8_t start[8];
  reader_.read(start, sizeof(start));
  if (std::memcmp(start, kMagic.data(), kMagic.size()) != 0 || start[6] < 1 || start[6] > 3) {
    refuse("expected a NumPy array of format 1 to 3");
  }
  std::uint8_t length[4] = {};
  reader_.read(length, start[6] == 1 ? 2 : 4);
  const std::size_t bytes = load<std::uint32_t>(length);
  if (bytes > kMaxHeaderBytes) {
    refuse(fmt::format("expected a header of up to {} bytes, found {}", kMaxHeaderBytes, bytes));
  }
  std::string header(bytes, '\0');
  reader_.read(header.data(), bytes);

  const auto type = npy_value(header, "descr");
  const auto shape = npy_value(header, "shape");
  const bool quoted = type.size() > 4 && type[0] == '\'' && type[4] == '\'';
  type_ = quoted ? find_npy_type(type.substr(1, 3)) : nullptr;
  if (type_ == nullptr) {
    refuse(fmt::format("expected little-endian integers, Booleans or floats, found type {}",
                       type.substr(0, type.find(','))));
  }
  if (!npy_length(shape, size_)) {
    refuse(fmt::format("expected an array of one dimension, found shape {}", shape.substr(0, 20)));
  }
  if (size_ != reader_.left() / type_->bytes || reader_.left() % type_->bytes != 0) {
    refuse(fmt::format("expected {} items of {} bytes, found {} bytes", size_, type_->bytes,
                       reader_.left()));
  }
}

void NpyColumn::rewind() {
  reader_.rewind();
  next_ = 0;
  read_header();
}

void NpyColumn::read(std::int64_t* out, std::size_t count) {
  buffer_.resize(count * type_->bytes);
  reader_.read(buffer_.data(), buffer_.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (!type_->load(buffer_.data() + i * type_->bytes, out[i])) {
      refuse(fmt::format("element {}: expected a whole number of 64 bits, found another one",
                         next_ + i));
    }
  }
  next_ += count;
}

}  // namespace staa::events
