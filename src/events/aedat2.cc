#include "staa/events/aedat2.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

constexpr const char* kFirstLine = "#!AER-DAT2.0";
constexpr const char* kLastHeaderLine = "#End Of ASCII Header";
constexpr std::size_t kEventBytes = 8;
constexpr std::int64_t kEdge = 128;
constexpr std::uint32_t kSpecialBits = ~0x7fffU;

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
      if (reader_.take_line("line of the header") == kLastHeaderLine) break;
    }
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return {kEdge, kEdge}; }
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
        if ((address & kSpecialBits) != 0) {
          ++skipped_.special;
          continue;
        }
        decode(address, address_, out[done]);
        ++done;
      }
    }
    return done;
  }

 private:
  /// The camera's clock without its going round: a fall by more than half of the range is one.
  std::int64_t time(std::uint32_t clock) {
    constexpr std::uint32_t kHalf = std::uint32_t{1} << 31;
    if (clock < last_ && last_ - clock > kHalf) ++rounds_;
    if (clock > last_ && clock - last_ > kHalf && rounds_ > 0) --rounds_;
    last_ = clock;
    return rounds_ << 32 | clock;
  }

  ByteReader reader_;
  Aedat2Address address_;
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

void write_aedat2(const std::filesystem::path& path, Aedat2Address address,
                  const std::vector<Event>& events, const std::vector<std::string>& remarks) {
  std::string bytes = std::string(kFirstLine) + "\r\n";
  for (const auto& remark : remarks) bytes += "# " + remark + "\r\n";
  bytes.reserve(bytes.size() + events.size() * kEventBytes);
  for (const auto& event : events) {
    constexpr std::int64_t kLastTime = std::numeric_limits<std::uint32_t>::max();
    if (event.x >= kEdge || event.y >= kEdge || event.t < 0 || event.t > kLastTime) {
      fail(ErrorKind::kUsage,
           "{}: event {}: x {}, y {}, t {}: expected x and y up to {} and a time of 0 to {}",
           path.string(), &event - events.data(), event.x, event.y, event.t, kEdge - 1, kLastTime);
    }
    put_word(bytes, encode(event, address));
    put_word(bytes, static_cast<std::uint32_t>(event.t));
  }
  write_file_atomically(path, bytes);
}

}  // namespace staa::events
