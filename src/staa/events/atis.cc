#include "staa/events/atis.h"

#include <array>
#include <cstdint>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::size_t kEventBytes = 5;
constexpr std::uint8_t kClockMark = 240;  // a value of y
constexpr std::int64_t kClockStep = 1 << 13;
constexpr std::int64_t kTimes = 1 << 23;

class AtisStream : public EventStream {
 public:
  AtisStream(const std::filesystem::path& path, Sensor sensor) : reader_(path), sensor_(sensor) {}

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(0);
    clock_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    return read_records(
        reader_, kEventBytes, out, capacity,
        [this](const std::uint8_t* bytes, Event& event) { return decode(bytes, event); });
  }

 private:
  bool decode(const std::uint8_t* bytes, Event& event) {
    if (bytes[1] == kClockMark) {
      clock_ += kClockStep;
      ++skipped_.special;
      return false;
    }
    event.t = clock_ + ((bytes[2] & 0x7f) << 16 | bytes[3] << 8 | bytes[4]);
    event.x = bytes[0];
    event.y = bytes[1];
    event.polarity = bytes[2] >> 7;
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  ByteReader reader_;
  Sensor sensor_;
  std::int64_t clock_ = 0;  ///< the sum of what the marks so far have added
  Skipped skipped_;
};

void put(std::string& bytes, const Event& event, std::int64_t t) {
  const std::array<std::int64_t, kEventBytes> values{event.x, event.y,
                                                     event.polarity << 7 | t >> 16, t >> 8, t};
  for (const auto value : values) bytes += static_cast<char>(value & 0xff);
}

}  // namespace

std::unique_ptr<EventStream> open_atis(const std::filesystem::path& path, Sensor sensor) {
  if (sensor.width < 1 || sensor.width > 256 || sensor.height < 1 || sensor.height > kClockMark) {
    fail(ErrorKind::kUsage, "{}: 5-byte events reach sensors of up to 256x{} pixels, not {}x{}",
         path.string(), kClockMark, sensor.width, sensor.height);
  }
  return std::make_unique<AtisStream>(path, sensor);
}

void AtisWriter::add(const Event* events, std::size_t count) {
  constexpr std::size_t kMostWaiting = std::size_t{1} << 20;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& event = events[i];
    if (event.x > 255 || event.y >= kClockMark || event.t < last_) {
      fail(ErrorKind::kUsage,
           "{}: event {}: x {}, y {}, t {}: expected x up to 255, y up to {} and a time of {} or "
           "later",
           name_, done_, event.x, event.y, event.t, kClockMark - 1, last_);
    }
    last_ = event.t;
    ++done_;
    while (event.t - clock_ >= kTimes) {
      put(bytes_, Event{0, 0, kClockMark, 0}, kTimes - 1);
      clock_ += kClockStep;
      if (bytes_.size() > kMostWaiting) flush();
    }
    put(bytes_, event, event.t - clock_);
  }
  flush();
}

void AtisWriter::flush() {
  file_.write(bytes_);
  bytes_.clear();
}

void AtisWriter::finish() { file_.commit(); }

void write_atis(const std::filesystem::path& path, const std::vector<Event>& events) {
  AtisWriter writer(path);
  writer.add(events.data(), events.size());
  writer.finish();
}

}  // namespace staa::events
