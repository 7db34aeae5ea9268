#include "series.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "staa/events/npy.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::app {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

class SeriesReader {
 public:
  SeriesReader(const std::filesystem::path& path, const runtime::Shape& shape)
      : name_(path.string()), shape_(shape), bytes_(read_file(path)) {}

  Series read() {
    parse_header();
    Series series;
    series.steps = steps_;
    series.values.resize(steps_ * shape_.values());
    const auto pixels = shape_.height * shape_.width;
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      const auto in_step = i % shape_.values();
      const auto to = in_step % pixels * shape_.channels + in_step / pixels;
      const auto value = value_at(i);
      if (!std::isfinite(value)) refuse(fmt::format("element {} is {}", i, value));
      series.values[i - in_step + to] = static_cast<float>(value);
    }
    return series;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::kInput, "{}: {}", name_, why);
  }

  void parse_header() {
    constexpr std::size_t kStart = 12;
    if (bytes_.size() < kStart || std::memcmp(bytes_.data(), kMagic.data(), kMagic.size()) != 0 ||
        bytes_[6] < 1 || bytes_[6] > 3) {
      refuse("expected a NumPy array of format 1 to 3");
    }
    std::size_t length = bytes_[8] | std::size_t{bytes_[9]} << 8;
    data_ = 10;
    if (bytes_[6] > 1) {
      length |= std::size_t{bytes_[10]} << 16 | std::size_t{bytes_[11]} << 24;
      data_ = kStart;
    }
    if (length > bytes_.size() - data_) refuse("its header is cut off");
    const std::string_view header(reinterpret_cast<const char*>(bytes_.data()) + data_, length);
    data_ += length;
    type_ = std::string(events::npy_value(header, "descr").substr(0, 5));
    if (events::npy_value(header, "fortran_order").rfind("False", 0) != 0) {
      refuse("expected an array in C order");
    }
    item_ = type_ == "'<f8'" ? sizeof(double) : type_ == "'<f4'" ? sizeof(float) : 0;
    if (item_ == 0) integer_ = events::find_npy_type(type_.substr(1, 3));
    if (integer_ != nullptr) item_ = integer_->bytes;
    if (item_ == 0) {
      refuse(fmt::format("expected little-endian floats or integers, found type {}", type_));
    }
    parse_shape(events::npy_value(header, "shape"));
  }

  void parse_shape(std::string_view text) {
    const auto end = text.find(')');
    const std::string whole(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
    std::vector<std::size_t> extents;
    const char* at = whole.data();
    const char* last = at + whole.size();
    while (at != last) {
      std::size_t extent = 0;
      const auto found = std::from_chars(at, last, extent);
      if (found.ec == std::errc()) extents.push_back(extent);
      at = found.ec == std::errc() ? found.ptr : at + 1;
    }
    const std::vector<std::size_t> expected{shape_.channels, shape_.height, shape_.width};
    const std::vector<std::size_t> rest(extents.begin() + (extents.empty() ? 0 : 1), extents.end());
    const bool flat =
        shape_.height * shape_.width == 1 && rest.size() == 1 && rest[0] == shape_.channels;
    if (extents.empty() || extents[0] == 0 || !(flat || rest == expected)) {
      refuse(fmt::format("expected an array of the shape (steps, {}, {}, {}){}, found {}",
                         shape_.channels, shape_.height, shape_.width,
                         shape_.height * shape_.width == 1 ? " or (steps, channels)" : "", whole));
    }
    steps_ = extents[0];
    const auto held = (bytes_.size() - data_) / item_;
    if (held / shape_.values() != steps_ || (bytes_.size() - data_) % item_ != 0 ||
        held % shape_.values() != 0) {
      refuse(fmt::format("expected {} steps of {} values of {} bytes, found {} bytes", steps_,
                         shape_.values(), item_, bytes_.size() - data_));
    }
  }

  double value_at(std::size_t i) const {
    const auto* at = bytes_.data() + data_ + i * item_;
    if (integer_ != nullptr) {
      std::int64_t value = 0;
      if (!integer_->load(at, value)) refuse(fmt::format("element {} is no whole number", i));
      return static_cast<double>(value);
    }
    if (item_ == sizeof(double)) {
      double value = 0;
      std::memcpy(&value, at, sizeof value);
      return value;
    }
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  std::string name_;
  runtime::Shape shape_;
  std::vector<std::uint8_t> bytes_;
  std::size_t data_ = 0;  // offset of the first item
  std::size_t item_ = 0;  // bytes per item
  std::size_t steps_ = 0;
  std::string type_;
  const events::NpyType* integer_ = nullptr;
};

}  // namespace

Series read_series(const std::filesystem::path& path, const runtime::Shape& shape) {
  return SeriesReader(path, shape).read();
}

}  // namespace staa::app
