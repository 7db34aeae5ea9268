#include "staa/events/aedat2.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr const char* kFirstLine = "#!AER-DAT2.0";
constexpr const char* kLastHeaderLine = "#End Of ASCII Header";
constexpr std::size_t kEventBytes = 8;
constexpr std::int64_t kEdge = 128;
constexpr std::uint32_t kSpecialBits = ~0x7fffU;
// For a DAVIS, bit 31 marks image and motion samples, and bit 10 its external input.
constexpr Sensor kDavis240{240, 180};
constexpr Sensor kDavis346{346, 260};
constexpr std::uint32_t kDavisSpecialBits = 1U << 31 | 1U << 10;

/// The sensor of the DAVIS camera that a header line such as "# AEChip: eu....DAVIS346blue" names;
/// 0x0 if it names none.
Sensor davis_sensor(const std::string& line) {
  if (line.rfind("# AEChip:", 0) != 0 && line.rfind("# HardwareInterface:", 0) != 0) return {};
  const auto names = [&](const char* upper, const char* mixed) {
    return line.find(upper) != std::string::npos || line.find(mixed) != std::string::npos;
  };
  if (names("DAVIS346", "Davis346")) return kDavis346;
  if (names("DAVIS240", "Davis240") || names("DAViS240", "SBret10")) return kDavis240;
  return {};
}

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

void decode(std::uint32_t address, Aedat2Address kind, Event& event) {
  const auto low = static_cast<std::uint16_t>(address >> 1 & 127);
  const auto high = static_cast<std::uint16_t>(address >> 8 & 127);
  const auto bit = static_cast<std::uint8_t>(address & 1);
  const bool plain = kind == Aedat2Address::kDvs128;
  event.x = plain ? low : static_cast<std::uint16_t>(127 - high);
  event.y = plain ? high : static_cast<std::uint16_t>(127 - low);
  event.polarity = plain ? bit : static_cast<std::uint8_t>(1 - bit);
}

std::uint32_t encode(const Event& event, Aedat2Address kind) {
  const bool plain = kind == Aedat2Address::kDvs128;
  const std::uint32_t low = plain ? event.x : 127U - event.y;
  const std::uint32_t high = plain ? event.y : 127U - event.x;
  const std::uint32_t bit = plain ? event.polarity : 1U - event.polarity;
  return high << 8 | low << 1 | bit;
}

std::uint32_t encode_davis(const Event& event) {
  return std::uint32_t{event.y} << 22 | std::uint32_t{event.x} << 12 |
         std::uint32_t{event.polarity} << 11;
}

class Aedat2Stream : public EventStream {
 public:
  Aedat2Stream(const std::filesystem::path& path, Aedat2Address address)
      : reader_(path), address_(address) {
    const auto first = reader_.take_line("first line");
    if (first.rfind(kFirstLine, 0) != 0) {
      fail(ErrorKind::kInput, "{}: offset 0: expected the line \"{}\"", name(), kFirstLine);
    }
    // An event can begin with '#' only if its address is a special one of a kind that the camera
    // does not have.
    while (reader_.peek() == '#') {
      const auto line = reader_.take_line("line of the header");
      if (line == kLastHeaderLine) break;
      if (const auto davis = davis_sensor(line); !(davis == Sensor{})) {
        sensor_ = davis;
        davis_ = true;
      }
    }
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    rounds_ = 0;
    last_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0) {
      const auto records = reader_.take_records(kEventBytes, capacity, "event");
      if (records.count == 0) return 0;
      for (std::size_t i = 0; i < records.count; ++i) {
        const std::uint8_t* bytes = records.bytes + i * kEventBytes;
        out[done].t = time(big_endian(bytes + 4));
        const std::uint32_t address = big_endian(bytes);
        if ((address & (davis_ ? kDavisSpecialBits : kSpecialBits)) != 0) {
          count_special(address);
        } else if (davis_) {
          done += decode_davis(address, out[done]) ? 1 : 0;
        } else {
          decode(address, address_, out[done]);
          ++done;
        }
      }
    }
    return done;
  }

 private:
  void count_special(std::uint32_t address) {
    ++skipped_.special;
    if (davis_ && address >> 31 == 0) ++skipped_.triggers;
  }

  bool decode_davis(std::uint32_t address, Event& event) {
    event.x = static_cast<std::uint16_t>(address >> 12 & 0x3ff);
    event.y = static_cast<std::uint16_t>(address >> 22 & 0x1ff);
    event.polarity = static_cast<std::uint8_t>(address >> 11 & 1);
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  /// Extends the camera's clock across overflows: a decrease by more than half of its range is one.
  std::int64_t time(std::uint32_t clock) {
    constexpr std::uint32_t kHalf = std::uint32_t{1} << 31;
    if (clock < last_ && last_ - clock > kHalf) ++rounds_;
    if (clock > last_ && clock - last_ > kHalf && rounds_ > 0) --rounds_;
    last_ = clock;
    return rounds_ << 32 | clock;
  }

  ByteReader reader_;
  Aedat2Address address_;
  Sensor sensor_{kEdge, kEdge};
  bool davis_ = false;
  std::uint64_t begin_ = 0;
  std::int64_t rounds_ = 0;
  std::uint32_t last_ = 0;
  Skipped skipped_;
};

void put_word(std::string& bytes, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 0xff);
}

}  // namespace

std::unique_ptr<EventStream> open_aedat2(const std::filesystem::path& path, Aedat2Address address) {
  return std::make_unique<Aedat2Stream>(path, address);
}

Aedat2Writer::Aedat2Writer(const std::filesystem::path& path, Aedat2Address address, Sensor sensor,
                           const std::vector<std::string>& remarks)
    : name_(path.string()),
      address_(address),
      sensor_(sensor),
      davis_(sensor.width > kEdge || sensor.height > kEdge),
      file_(path) {
  const bool small = sensor.width <= kDavis240.width && sensor.height <= kDavis240.height;
  if (davis_) sensor_ = small ? kDavis240 : kDavis346;
  if (!davis_) sensor_ = {kEdge, kEdge};
  if (sensor.width > sensor_.width || sensor.height > sensor_.height) {
    fail(ErrorKind::kUsage, "{}: AEDAT 2.0 reaches sensors of up to {}x{} pixels, not {}x{}", name_,
         kDavis346.width, kDavis346.height, sensor.width, sensor.height);
  }
  std::string head = std::string(kFirstLine) + "\r\n";
  if (davis_) {
    head += std::string("# AEChip: eu.seebetter.ini.chips.davis.") +
            (small ? "Davis240C" : "Davis346blue") + "\r\n";
  }
  for (const auto& remark : remarks) head += "# " + remark + "\r\n";
  // Without this line, an event whose first byte is '#' would be read as a header line.
  if (davis_) head += std::string(kLastHeaderLine) + "\r\n";
  file_.write(head);
}

void Aedat2Writer::add(const Event* events, std::size_t count) {
  std::string bytes;
  bytes.reserve(count * kEventBytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& event = events[i];
    constexpr std::int64_t kLastTime = std::numeric_limits<std::uint32_t>::max();
    if (event.x >= sensor_.width || event.y >= sensor_.height || event.t < 0 ||
        event.t > kLastTime) {
      fail(ErrorKind::kUsage,
           "{}: event {}: x {}, y {}, t {}: expected x up to {}, y up to {} and a time of 0 to {}",
           name_, done_ + i, event.x, event.y, event.t, sensor_.width - 1, sensor_.height - 1,
           kLastTime);
    }
    put_word(bytes, davis_ ? encode_davis(event) : encode(event, address_));
    put_word(bytes, static_cast<std::uint32_t>(event.t));
  }
  done_ += count;
  file_.write(bytes);
}

void Aedat2Writer::finish() { file_.commit(); }

void write_aedat2(const std::filesystem::path& path, Aedat2Address address,
                  const std::vector<Event>& events, const std::vector<std::string>& remarks) {
  Aedat2Writer writer(path, address, {kEdge, kEdge}, remarks);
  writer.add(events.data(), events.size());
  writer.finish();
}

}  // namespace staa::events
