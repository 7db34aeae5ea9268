#include "staa/events/dat.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/events/clock.h"
#include "staa/events/load.h"
#include "staa/events/prophesee_header.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::size_t kEventBytes = 8;
// The byte after the text header that stands for changes of brightness.
constexpr std::uint8_t kChange2d = 0x00;
constexpr std::uint8_t kChangeCd = 0x0c;

class DatStream : public EventStream {
 public:
  DatStream(const std::filesystem::path& path, Sensor asked) : reader_(path) {
    if (!reader_.starts_with("% ")) {
      fail(ErrorKind::kInput, "{}: offset 0: expected a line of the header that begins with \"% \"",
           name());
    }
    const auto header = read_prophesee_header(reader_);
    wide_ = header.version >= 2;
    sensor_ = choose_sensor(header.sensor, asked);
    if (wide_) {
      const auto offset = reader_.offset();
      const auto* bytes = reader_.take(2, "type and size of the events");
      if ((bytes[0] != kChange2d && bytes[0] != kChangeCd) || bytes[1] != kEventBytes) {
        fail(ErrorKind::kInput,
             "{}: offset {}: expected events of type 0 or 12 and {} bytes, found type {} and {} "
             "bytes",
             name(), offset, kEventBytes, bytes[0], bytes[1]);
      }
    }
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    time_.reset();
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    return read_records(
        reader_, kEventBytes, out, capacity,
        [this](const std::uint8_t* bytes, Event& event) { return decode(bytes, event); });
  }

 private:
  bool decode(const std::uint8_t* bytes, Event& event) {
    const auto data = load<std::uint32_t>(bytes + 4);
    event.t = time_.follow(load<std::uint32_t>(bytes));
    event.x = static_cast<std::uint16_t>(data & (wide_ ? 0x3fff : 0x1ff));
    event.y = static_cast<std::uint16_t>(wide_ ? data >> 14 & 0x3fff : data >> 9 & 0xff);
    event.polarity = (wide_ ? data >> 28 : data >> 17 & 1) != 0 ? 1 : 0;
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  ByteReader reader_;
  Sensor sensor_;
  bool wide_ = true;
  std::uint64_t begin_ = 0;
  RoundClock time_{32};
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_dat(const std::filesystem::path& path, Sensor asked) {
  return std::make_unique<DatStream>(path, asked);
}

}  // namespace staa::events
