#include "staa/events/npy_events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/byte_reader.h"
#include "staa/events/npy.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostItemBytes = 4096;

/// A field of the array's items.
struct Field {
  std::size_t offset = 0;
  const NpyType* type = nullptr;  ///< null: there is no such field
};

/// The column (t, x, y or p) that a field's name stands for; 4 if none.
std::size_t column_of(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 4>, 4> kNames{{{"t", "ts", "timestamp", "time"},
                                                                   {"x", "xs", "", ""},
                                                                   {"y", "ys", "", ""},
                                                                   {"p", "pol", "polarity", "on"}}};
  if (name.empty()) return kNames.size();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (std::find(kNames[i].begin(), kNames[i].end(), name) != kNames[i].end()) return i;
  }
  return kNames.size();
}

/// Consumes a text in single quotes from the front of `text`; returns false if there is none.
bool take_quoted(std::string_view& text, std::string_view& out) {
  const auto begin = text.find('\'');
  if (begin == std::string_view::npos || text.find(']') < begin) return false;
  const auto end = text.find('\'', begin + 1);
  if (end == std::string_view::npos) return false;
  out = text.substr(begin + 1, end - begin - 1);
  text.remove_prefix(end + 1);
  return true;
}

/// The size of an ignored type such as "|V3" or "<f2"; 0 if it is not a type.
std::size_t bytes_of(std::string_view type) {
  std::size_t bytes = 0;
  if (type.size() < 3) return 0;
  std::from_chars(type.data() + 2, type.data() + type.size(), bytes);
  return bytes <= kMostItemBytes && type[1] != 'U' && type[1] != 'O' ? bytes : 0;
}

class NpyStream : public EventStream {
 public:
  NpyStream(const std::filesystem::path& path, Sensor asked)
      : reader_(path), sensor_(choose_sensor({}, asked)) {
    read_header();
    begin_ = reader_.offset();
    if (reader_.left() / item_bytes_ < count_) {
      fail(ErrorKind::kInput, "{}: offset {}: expected {} items of {} bytes, found {} bytes",
           name(), begin_, count_, item_bytes_, reader_.left());
    }
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    next_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0 && next_ < count_) {
      const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, count_ - next_));
      const auto records = reader_.take_records(item_bytes_, most, "item");
      if (records.count == 0) return 0;
      for (std::size_t i = 0; i < records.count; ++i) {
        done += decode(records.bytes + i * item_bytes_, out[done]) ? 1 : 0;
        ++next_;
      }
    }
    return done;
  }

 private:
  void read_header() {
    if (!reader_.starts_with(kMagic)) {
      fail(ErrorKind::kInput, "{}: offset 0: expected a NumPy array", name());
    }
    const auto* start = reader_.take(8, "header");
    const int version = start[6];
    if (version < 1 || version > 3) refuse("format 1 to 3", std::to_string(version));
    const auto* length = reader_.take(version == 1 ? 2 : 4, "header");
    std::size_t bytes = length[0] | length[1] << 8;
    if (version > 1) bytes |= std::size_t{length[2]} << 16 | std::size_t{length[3]} << 24;
    if (bytes > ByteReader::kMaxLineBytes)
      refuse("a header of up to 64 KiB", std::to_string(bytes));
    const auto* text = reader_.take(bytes, "header");
    const std::string header(text, text + bytes);
    const auto shape = npy_value(header, "shape");
    if (!npy_length(shape, count_)) {
      refuse("an array of one dimension", "shape " + std::string(shape.substr(0, 20)));
    }
    read_fields(npy_value(header, "descr"));
  }

  /// Parses "[('t', '<i8'), ('x', '<i2'), ...]".
  void read_fields(std::string_view text) {
    std::string found;
    if (text.substr(0, 1) != "[") {
      refuse("a structured array with the fields t, x, y and p",
             "one of " + std::string(text.substr(0, std::min<std::size_t>(text.find(','), 20))));
    }
    std::string_view field;
    std::string_view type;
    while (take_quoted(text, field) && take_quoted(text, type)) {
      const auto bytes = bytes_of(type);
      if (bytes == 0 || item_bytes_ + bytes > kMostItemBytes) {
        refuse("fields of plain numbers", "'" + std::string(type.substr(0, 20)) + "'");
      }
      const auto column = column_of(field);
      if (column < fields_.size()) {
        if (fields_[column].type != nullptr)
          refuse("one field each", "two '" + std::string(field) + "'");
        fields_[column] = {item_bytes_, find_npy_type(type)};
        if (fields_[column].type == nullptr) {
          refuse("little-endian integers, Booleans or floats",
                 "'" + std::string(field) + "' of type " + std::string(type.substr(0, 20)));
        }
      }
      item_bytes_ += bytes;
      found += (found.empty() ? "" : ", ") + std::string(field.substr(0, 20));
    }
    for (const auto& each : fields_) {
      if (each.type == nullptr)
        refuse("the fields t, x, y and p", found.empty() ? "none" : found.substr(0, 200));
    }
  }

  [[noreturn]] void refuse(const std::string& expected, const std::string& found) const {
    fail(ErrorKind::kInput, "{}: offset 0: expected {}, found {}", name(), expected, found);
  }

  bool decode(const std::uint8_t* bytes, Event& event) {
    std::array<std::int64_t, 4> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!fields_[i].type->load(bytes + fields_[i].offset, values[i])) {
        fail(ErrorKind::kInput,
             "{}: offset {}: event {}: expected whole numbers of 64 bits, found another", name(),
             begin_ + next_ * item_bytes_, next_);
      }
    }
    const auto [t, x, y, p] = values;
    if (p < -1 || p > 1) {
      fail(ErrorKind::kInput, "{}: offset {}: event {}: expected a polarity of 0 or 1, found {}",
           name(), begin_ + next_ * item_bytes_, next_, p);
    }
    if (x < 0 || x >= sensor_.width || y < 0 || y >= sensor_.height) {
      ++skipped_.outside;
      return false;
    }
    event = {t, static_cast<std::uint16_t>(x), static_cast<std::uint16_t>(y),
             static_cast<std::uint8_t>(p > 0)};
    return true;
  }

  ByteReader reader_;
  Sensor sensor_;
  std::array<Field, 4> fields_;
  std::size_t item_bytes_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t next_ = 0;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_npy(const std::filesystem::path& path, Sensor asked) {
  return std::make_unique<NpyStream>(path, asked);
}

}  // namespace staa::events
