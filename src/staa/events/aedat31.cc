#include "staa/events/aedat31.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr const char* kFirstLine = "#!AER-DAT3.1";
constexpr const char* kLastLine = "#!END-HEADER";
constexpr std::size_t kHeaderBytes = 28;
constexpr std::size_t kEventBytes = 8;
constexpr std::uint16_t kPolarityEvents = 1;

std::uint32_t little_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[3]} << 24 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[0]};
}

/// The fields of a packet's header that matter here.
struct Packet {
  std::uint64_t offset = 0;
  std::uint16_t type = 0;
  std::uint32_t event_bytes = 0;
  std::uint32_t rounds = 0;    ///< overflows of the 31-bit clock
  std::uint32_t capacity = 0;  ///< events that it has memory for
  std::uint32_t count = 0;     ///< events that it holds
  std::uint32_t valid = 0;     ///< valid ones among them

  std::uint64_t bytes() const { return std::uint64_t{capacity} * event_bytes; }
};

class Aedat31Stream : public EventStream {
 public:
  Aedat31Stream(const std::filesystem::path& path, Sensor sensor) : reader_(path), sensor_(sensor) {
    const auto first = reader_.take_line("first line");
    if (first != kFirstLine) {
      fail(ErrorKind::kInput, "{}: offset 0: expected the line \"{}\"", name(), kFirstLine);
    }
    for (std::string line; line != kLastLine;) {
      const auto offset = reader_.offset();
      line = reader_.take_line("line of the header");
      if (line.empty() || line.front() != '#') {
        fail(ErrorKind::kInput,
             "{}: offset {}: expected a line of the header that begins with #, or \"{}\"", name(),
             offset, kLastLine);
      }
    }
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    packet_ = {};
    packet_end_ = 0;
    next_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0) {
      if (next_ == packet_.count && !next_packet()) return 0;
      const auto most = std::min<std::size_t>(capacity, packet_.count - next_);
      const auto records = reader_.take_records(kEventBytes, most, "event");
      for (std::size_t i = 0; i < records.count; ++i) {
        done += decode(records.bytes + i * kEventBytes, out[done]) ? 1 : 0;
      }
      next_ += static_cast<std::uint32_t>(records.count);
    }
    return done;
  }

 private:
  /// Advances to the next non-empty packet of polarity events; returns false at the end of the
  /// file.
  bool next_packet() {
    do {
      reader_.seek(std::max(reader_.offset(), packet_end_));  // the rest of the last packet
      if (reader_.left() == 0) return false;
      packet_ = read_header();
      packet_end_ = reader_.offset() + packet_.bytes();
      next_ = 0;
      if (packet_.type != kPolarityEvents) {
        skipped_.special += packet_.count;
        packet_.count = 0;
      }
    } while (packet_.count == 0);
    return true;
  }

  Packet read_header() {
    Packet packet;
    packet.offset = reader_.offset();
    const std::uint8_t* bytes = reader_.take(kHeaderBytes, "header of a packet");
    packet.type = static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
    packet.event_bytes = little_endian(bytes + 4);
    packet.rounds = little_endian(bytes + 12);
    packet.capacity = little_endian(bytes + 16);
    packet.count = little_endian(bytes + 20);
    packet.valid = little_endian(bytes + 24);
    check(packet);
    return packet;
  }

  void check(const Packet& packet) const {
    const auto refuse = [&](const std::string& why) {
      fail(ErrorKind::kInput, "{}: offset {}: packet of {} events of type {}: {}", name(),
           packet.offset, packet.count, packet.type, why);
    };
    if (packet.type == kPolarityEvents && packet.event_bytes != kEventBytes) {
      refuse(fmt::format("expected {} bytes an event, found {}", kEventBytes, packet.event_bytes));
    }
    if (packet.event_bytes == 0) refuse("expected at least 1 byte an event, found 0");
    if (packet.count > packet.capacity || packet.valid > packet.count) {
      refuse(fmt::format("expected capacity >= number >= valid, found {}, {}, {}", packet.capacity,
                         packet.count, packet.valid));
    }
    if (packet.rounds > 0x7fffffff) refuse("the overflow of its time is negative");
    if (packet.bytes() > reader_.left()) {
      refuse(fmt::format("expected {} bytes, found {}", packet.bytes(), reader_.left()));
    }
  }

  bool decode(const std::uint8_t* bytes, Event& event) {
    const std::uint32_t data = little_endian(bytes);
    const bool marked_invalid = (data & 1) == 0;
    // Some writers do not set the marks of single events, although the header counts all events as
    // valid.
    if (marked_invalid && packet_.valid < packet_.count) {
      ++skipped_.invalid;
      return false;
    }
    event.t = std::int64_t{packet_.rounds} << 31 | (little_endian(bytes + 4) & 0x7fffffff);
    event.x = static_cast<std::uint16_t>(data >> 17);
    event.y = static_cast<std::uint16_t>(data >> 2 & 0x7fff);
    event.polarity = static_cast<std::uint8_t>(data >> 1 & 1);
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  ByteReader reader_;
  Sensor sensor_;
  std::uint64_t begin_ = 0;       ///< where the first packet starts
  Packet packet_;                 ///< the current one
  std::uint64_t packet_end_ = 0;  ///< its end in the file
  std::uint32_t next_ = 0;        ///< index of the next event in the packet
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_aedat31(const std::filesystem::path& path, Sensor sensor) {
  return std::make_unique<Aedat31Stream>(path, sensor);
}

}  // namespace staa::events
