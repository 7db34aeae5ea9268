#include "staa/events/live.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "staa/events/evt.h"
#include "staa/events/load.h"
#include "staa/events/prophesee_header.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::size_t kMostWaiting = std::size_t{1} << 16;

/// Keeps the bytes that take() did not use.
class Buffered : public LiveDecoder {
 public:
  Buffered(std::string name, Sensor sensor) : name_(std::move(name)), sensor_(sensor) {}

  void add(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) override {
    if (!left_.empty()) {
      left_.insert(left_.end(), bytes, bytes + count);
      const auto all = std::exchange(left_, {});
      use(all.data(), all.size(), out);
    } else {
      use(bytes, count, out);
    }
  }

  Sensor sensor() const override { return sensor_; }
  Skipped skipped() const override { return skipped_; }
  std::size_t waiting() const override { return left_.size(); }

 protected:
  /// Consumes bytes from the front. Returns their number, or 0 if there are too few.
  virtual std::size_t take(const std::uint8_t* bytes, std::size_t count,
                           std::vector<Event>& out) = 0;

  bool keep(const Event& event, std::vector<Event>& out) {
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    if (inside) out.push_back(event);
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  std::string name_;
  Sensor sensor_;
  Skipped skipped_;
  std::uint64_t offset_ = 0;  ///< offset in the stream of the bytes passed to take()

 private:
  void use(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) {
    while (count > 0) {
      const auto used = take(bytes, count, out);
      if (used == 0) break;
      bytes += used;
      count -= used;
      offset_ += used;
    }
    if (count > kMostWaiting) {
      fail(ErrorKind::kInput, "{}: offset {}: expected the end of a line within {} bytes", name_,
           offset_, kMostWaiting);
    }
    left_.assign(bytes, bytes + count);
  }

  std::vector<std::uint8_t> left_;
};

class LiveAtis : public Buffered {
 public:
  using Buffered::Buffered;
  const char* format() const override { return "atis"; }

 protected:
  std::size_t take(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) override {
    constexpr std::size_t kEventBytes = 5;
    constexpr std::uint8_t kClockMark = 240;
    constexpr std::int64_t kClockStep = 1 << 13;
    const std::size_t events = count / kEventBytes;
    for (std::size_t i = 0; i < events; ++i, bytes += kEventBytes) {
      if (bytes[1] == kClockMark) {
        rounds_ += kClockStep;
        ++skipped_.special;
        continue;
      }
      const std::int64_t t = rounds_ + ((bytes[2] & 0x7f) << 16 | bytes[3] << 8 | bytes[4]);
      keep({t, bytes[0], bytes[1], static_cast<std::uint8_t>(bytes[2] >> 7)}, out);
    }
    return events * kEventBytes;
  }

 private:
  std::int64_t rounds_ = 0;
};

class LiveEvt : public Buffered {
 public:
  using Buffered::Buffered;
  const char* format() const override {
    return header_.evt == "2.0" ? "evt2" : header_.evt == "2.1" ? "evt2.1" : "evt3";
  }
  std::int64_t clock() const override { return decoder_ ? decoder_->clock() : -1; }
  Skipped skipped() const override { return decoder_ ? decoder_->skipped() : skipped_; }

 protected:
  std::size_t take(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) override {
    if (!decoder_) {
      if (count < 2) return 0;
      if (bytes[0] == '%' && bytes[1] == ' ') return take_line(bytes, count);
      start();
    }
    const auto words = count / decoder_->word_bytes();
    std::size_t done = 0;
    while (done < words || decoder_->pending()) {
      const auto size = out.size();
      out.resize(size + kChunkEvents);
      const auto progress = decoder_->decode(bytes + done * decoder_->word_bytes(), words - done,
                                             out.data() + size, kChunkEvents);
      out.resize(size + progress.events);
      done += progress.words;
    }
    return done * decoder_->word_bytes();
  }

 private:
  std::size_t take_line(const std::uint8_t* bytes, std::size_t count) {
    const auto* end = std::find(bytes, bytes + count, std::uint8_t{'\n'});
    if (end == bytes + count) return 0;
    std::string line(bytes + 2, end);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line == "end") {
      start();
    } else {
      read_prophesee_line(line, header_);
    }
    return static_cast<std::size_t>(end - bytes) + 1;
  }

  void start() {
    const bool stated = header_.sensor.width > 0 && header_.sensor.height > 0;
    sensor_ = stated ? header_.sensor : sensor_;
    auto version = EvtVersion::k3;
    if (header_.evt == "2.0") version = EvtVersion::k2;
    if (header_.evt == "2.1") version = header_.swapped ? EvtVersion::k21Swapped : EvtVersion::k21;
    if (version == EvtVersion::k3 && !header_.evt.empty() && header_.evt != "3.0") {
      fail(ErrorKind::kInput, "{}: offset 0: expected EVT 2.0, 2.1 or 3.0, found EVT {}", name_,
           header_.evt.substr(0, 20));
    }
    decoder_ = make_evt_decoder(version, sensor_);
  }

  PropheseeHeader header_;
  std::unique_ptr<EvtDecoder> decoder_;
};

/// The first bytes of an AEDAT 3 network stream, a 64-bit number.
constexpr std::string_view kNetworkMark("\x58\x66\x9a\x0b\xc9\x8b\x37\x1d", 8);

class LiveAedat31 : public Buffered {
 public:
  using Buffered::Buffered;
  const char* format() const override { return "aedat3.1"; }
  std::size_t waiting() const override {
    return left_in_packet_ > 0 ? left_in_packet_ : Buffered::waiting();
  }

 protected:
  std::size_t take(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) override {
    if (left_in_packet_ > 0) return take_events(bytes, count, out);
    if (!started_ && bytes[0] == '#') return take_line(bytes, count);
    constexpr std::size_t kNetworkBytes = 20;
    constexpr std::size_t kHeaderBytes = 28;
    if (count < kHeaderBytes) return 0;
    const std::string_view start(reinterpret_cast<const char*>(bytes), kNetworkMark.size());
    if (!started_ && start == kNetworkMark) return kNetworkBytes;
    started_ = true;
    read_header(bytes);
    return kHeaderBytes;
  }

 private:
  static std::size_t take_line(const std::uint8_t* bytes, std::size_t count) {
    const auto* end = std::find(bytes, bytes + count, std::uint8_t{'\n'});
    return end == bytes + count ? 0 : static_cast<std::size_t>(end - bytes) + 1;
  }

  void read_header(const std::uint8_t* bytes) {
    constexpr std::uint16_t kPolarityEvents = 1;
    const auto type = load<std::uint16_t>(bytes);
    const auto event_bytes = load<std::uint32_t>(bytes + 4);
    const auto rounds = load<std::uint32_t>(bytes + 12);
    const auto capacity = load<std::uint32_t>(bytes + 16);
    const auto number = load<std::uint32_t>(bytes + 20);
    const auto valid = load<std::uint32_t>(bytes + 24);
    polarity_ = type == kPolarityEvents;
    if (event_bytes == 0 || number > capacity || valid > number || rounds > 0x7fffffff ||
        (polarity_ && event_bytes != kEventBytes)) {
      fail(ErrorKind::kInput,
           "{}: offset {}: packet of type {}: expected capacity >= number >= valid and 8 bytes an "
           "event, found {}, {}, {} and {}",
           name_, offset_, type, capacity, number, valid, event_bytes);
    }
    rounds_ = rounds;
    events_ = polarity_ ? number : 0;
    all_valid_ = valid == number;
    if (!polarity_) skipped_.special += number;
    left_in_packet_ = static_cast<std::size_t>(capacity) * event_bytes;
  }

  std::size_t take_events(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) {
    if (events_ == 0) {  // unused memory, or events of another type
      const auto used = std::min(count, left_in_packet_);
      left_in_packet_ -= used;
      return used;
    }
    const auto events = std::min<std::size_t>(count / kEventBytes, events_);
    for (std::size_t i = 0; i < events; ++i, bytes += kEventBytes) {
      const auto data = load<std::uint32_t>(bytes);
      if ((data & 1) == 0 && !all_valid_) {
        ++skipped_.invalid;
        continue;
      }
      keep(
          {static_cast<std::int64_t>(rounds_ << 31 | (load<std::uint32_t>(bytes + 4) & 0x7fffffff)),
           static_cast<std::uint16_t>(data >> 17), static_cast<std::uint16_t>(data >> 2 & 0x7fff),
           static_cast<std::uint8_t>(data >> 1 & 1)},
          out);
    }
    events_ -= static_cast<std::uint32_t>(events);
    left_in_packet_ -= events * kEventBytes;
    return events * kEventBytes;
  }

  static constexpr std::size_t kEventBytes = 8;
  bool started_ = false;  ///< whether a packet has been read
  bool polarity_ = false;
  bool all_valid_ = false;
  std::uint64_t rounds_ = 0;
  std::uint32_t events_ = 0;  ///< events of the packet that are still missing
  std::size_t left_in_packet_ = 0;
};

std::unique_ptr<LiveDecoder> make(LiveFormat format, std::string name, Sensor sensor) {
  if (format == LiveFormat::kEvt3) return std::make_unique<LiveEvt>(std::move(name), sensor);
  if (format == LiveFormat::kAtis) return std::make_unique<LiveAtis>(std::move(name), sensor);
  return std::make_unique<LiveAedat31>(std::move(name), sensor);
}

/// Chooses the format by the first bytes.
class LiveAuto : public LiveDecoder {
 public:
  LiveAuto(std::string name, Sensor sensor) : name_(std::move(name)), sensor_(sensor) {}

  void add(const std::uint8_t* bytes, std::size_t count, std::vector<Event>& out) override {
    if (chosen_) return chosen_->add(bytes, count, out);
    start_.append(reinterpret_cast<const char*>(bytes), count);
    if (start_.size() < kNetworkMark.size()) return;
    const auto begins_with = [&](std::string_view text) { return start_.rfind(text, 0) == 0; };
    const auto format = begins_with("% ") ? LiveFormat::kEvt3
                        : begins_with("#!AER-DA") || begins_with(kNetworkMark)
                            ? LiveFormat::kAedat31
                            : LiveFormat::kAtis;
    chosen_ = make(format, name_, sensor_);
    const auto start = std::exchange(start_, {});
    chosen_->add(reinterpret_cast<const std::uint8_t*>(start.data()), start.size(), out);
  }

  const char* format() const override { return chosen_ ? chosen_->format() : ""; }
  Sensor sensor() const override { return chosen_ ? chosen_->sensor() : sensor_; }
  std::int64_t clock() const override { return chosen_ ? chosen_->clock() : -1; }
  Skipped skipped() const override { return chosen_ ? chosen_->skipped() : Skipped{}; }
  std::size_t waiting() const override { return chosen_ ? chosen_->waiting() : start_.size(); }

 private:
  std::string name_;
  Sensor sensor_;
  std::string start_;
  std::unique_ptr<LiveDecoder> chosen_;
};

}  // namespace

std::unique_ptr<LiveDecoder> make_live_decoder(LiveFormat format, std::string name, Sensor asked) {
  const auto sensor = choose_sensor({}, asked);
  if (format != LiveFormat::kAuto) return make(format, std::move(name), sensor);
  return std::make_unique<LiveAuto>(std::move(name), sensor);
}

}  // namespace staa::events
