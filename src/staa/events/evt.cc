#include "staa/events/evt.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "staa/events/byte_reader.h"
#include "staa/events/clock.h"
#include "staa/events/load.h"
#include "staa/events/prophesee_header.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

// Word types (the four highest bits) that all versions share.
constexpr unsigned kTimeHigh = 0x8;
constexpr unsigned kTrigger = 0xa;
constexpr unsigned kOthers = 0xe;
constexpr unsigned kContinued = 0xf;
constexpr std::uint32_t kAddress = 0x7ff;

void count_other(unsigned type, Skipped& skipped) {
  if (type == kTrigger) {
    ++skipped.special;
    ++skipped.triggers;
  } else if (type == kOthers) {
    ++skipped.special;
  } else if (type != kContinued) {  // it belongs to a word that was counted
    ++skipped.invalid;
  }
}

/// Neighbours in a row that fire at the same time: bit i of `mask` stands for pixel x + i.
struct Row {
  std::int64_t t = 0;
  std::uint32_t mask = 0;
  std::uint32_t x = 0;
  std::uint16_t y = 0;
  std::uint8_t polarity = 0;
};

/// The common part of decoders for words with several events.
class RowDecoder : public EvtDecoder {
 public:
  bool pending() const override { return row_.mask != 0; }

 protected:
  explicit RowDecoder(Sensor sensor) : sensor_(sensor) {}

  /// Drops and counts pixels outside of the sensor.
  void set_row(const Row& row) {
    row_ = row;
    std::uint32_t inside = ~std::uint32_t{0};
    if (row.y >= sensor_.height || row.x >= sensor_.width) {
      inside = 0;
    } else if (sensor_.width - row.x < 32) {
      inside = (std::uint32_t{1} << (sensor_.width - row.x)) - 1;
    }
    if ((row.mask & ~inside) != 0) {
      skipped_.outside += static_cast<std::uint64_t>(__builtin_popcount(row.mask & ~inside));
      row_.mask &= inside;
    }
  }

  /// Writes as many events of the row as there is room for. Returns their number.
  std::size_t take_row(Event* out, std::size_t room) {
    std::size_t done = 0;
    std::uint32_t mask = row_.mask;
    while (mask != 0 && done < room) {
      const auto bit = static_cast<std::uint32_t>(__builtin_ctz(mask));
      mask &= mask - 1;
      out[done++] = {row_.t, static_cast<std::uint16_t>(row_.x + bit), row_.y, row_.polarity};
    }
    row_.mask = mask;
    return done;
  }

  Sensor sensor_;
  Row row_;
};

class Evt2Decoder : public EvtDecoder {
 public:
  explicit Evt2Decoder(Sensor sensor) : sensor_(sensor) {}

  std::size_t word_bytes() const override { return 4; }
  bool pending() const override { return false; }
  std::int64_t clock() const override { return high_; }

  void reset() override {
    time_.reset();
    high_ = -1;
    skipped_ = {};
  }

  Progress decode(const std::uint8_t* words, std::size_t count, Event* out,
                  std::size_t capacity) override {
    Progress progress;
    while (progress.words < count && progress.events < capacity) {
      const auto word = load<std::uint32_t>(words + 4 * progress.words++);
      const unsigned type = word >> 28;
      if (type <= 1) {
        progress.events += decode_event(word, type, out[progress.events]) ? 1 : 0;
      } else if (type == kTimeHigh) {
        high_ = time_.follow(word & 0xfffffff) << 6;
      } else {
        count_other(type, skipped_);
      }
    }
    return progress;
  }

 private:
  bool decode_event(std::uint32_t word, unsigned polarity, Event& event) {
    if (high_ < 0) {
      ++skipped_.invalid;
      return false;
    }
    event.t = high_ | (word >> 22 & 0x3f);
    event.x = static_cast<std::uint16_t>(word >> 11 & kAddress);
    event.y = static_cast<std::uint16_t>(word & kAddress);
    event.polarity = static_cast<std::uint8_t>(polarity);
    const bool inside = event.x < sensor_.width && event.y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  Sensor sensor_;
  RoundClock time_{28};
  std::int64_t high_ = -1;
};

class Evt21Decoder : public RowDecoder {
 public:
  Evt21Decoder(Sensor sensor, bool swapped) : RowDecoder(sensor), swapped_(swapped) {}

  std::size_t word_bytes() const override { return 8; }
  std::int64_t clock() const override { return high_; }

  void reset() override {
    time_.reset();
    high_ = -1;
    row_ = {};
    skipped_ = {};
  }

  Progress decode(const std::uint8_t* words, std::size_t count, Event* out,
                  std::size_t capacity) override {
    Progress progress;
    progress.events = take_row(out, capacity);
    while (progress.words < count && progress.events < capacity) {
      const std::uint8_t* bytes = words + 8 * progress.words++;
      const auto upper = load<std::uint32_t>(bytes + (swapped_ ? 0 : 4));
      const auto mask = load<std::uint32_t>(bytes + (swapped_ ? 4 : 0));
      const unsigned type = upper >> 28;
      if (type <= 1) {
        if (high_ < 0) {
          skipped_.invalid += static_cast<std::uint64_t>(__builtin_popcount(mask));
          continue;
        }
        set_row({high_ | (upper >> 22 & 0x3f), mask, upper >> 11 & kAddress,
                 static_cast<std::uint16_t>(upper & kAddress), static_cast<std::uint8_t>(type)});
        progress.events += take_row(out + progress.events, capacity - progress.events);
      } else if (type == kTimeHigh) {
        high_ = time_.follow(upper & 0xfffffff) << 6;
      } else {
        count_other(type, skipped_);
      }
    }
    return progress;
  }

 private:
  bool swapped_;
  RoundClock time_{28};
  std::int64_t high_ = -1;
};

class Evt3Decoder : public RowDecoder {
 public:
  explicit Evt3Decoder(Sensor sensor) : RowDecoder(sensor) {}

  std::size_t word_bytes() const override { return 2; }
  std::int64_t clock() const override { return time_now_; }

  void reset() override {
    time_.reset();
    time_now_ = -1;
    high_ = 0;
    y_ = 0;
    base_x_ = 0;
    base_polarity_ = 0;
    row_ = {};
    skipped_ = {};
  }

  Progress decode(const std::uint8_t* words, std::size_t count, Event* out,
                  std::size_t capacity) override {
    Progress progress;
    progress.events = take_row(out, capacity);
    while (progress.words < count && progress.events < capacity) {
      const auto word = load<std::uint16_t>(words + 2 * progress.words++);
      const std::uint32_t address = word & kAddress;
      const auto polarity = static_cast<std::uint8_t>(word >> 11 & 1);
      switch (word >> 12) {
        case kRow:
          y_ = static_cast<std::uint16_t>(address);
          break;
        case kEvent:
          progress.events += decode_event(address, polarity, out[progress.events]) ? 1 : 0;
          break;
        case kBase:
          base_x_ = address;
          base_polarity_ = polarity;
          break;
        case kVector12:
          progress.events +=
              decode_vector(word & 0xfff, 12, out + progress.events, capacity - progress.events);
          break;
        case kVector8:
          progress.events +=
              decode_vector(word & 0xff, 8, out + progress.events, capacity - progress.events);
          break;
        case kTimeLow:
          if (time_now_ >= 0) time_now_ = high_ | (word & 0xfff);
          break;
        case kTimeHigh: {
          const auto high = time_.follow(word & 0xfff) << 12;
          // The lower bits follow in a separate word; those of the previous time no longer apply.
          if (high != high_ || time_now_ < 0) time_now_ = high;
          high_ = high;
          break;
        }
        case kContinued4:
          break;
        default:
          count_other(word >> 12, skipped_);
      }
    }
    return progress;
  }

 private:
  enum Type : unsigned {
    kRow = 0x0,
    kEvent = 0x2,
    kBase = 0x3,
    kVector12 = 0x4,
    kVector8 = 0x5,
    kTimeLow = 0x6,
    kContinued4 = 0x7,
  };

  bool decode_event(std::uint32_t x, std::uint8_t polarity, Event& event) {
    if (time_now_ < 0) {
      ++skipped_.invalid;
      return false;
    }
    event = {time_now_, static_cast<std::uint16_t>(x), y_, polarity};
    const bool inside = x < sensor_.width && y_ < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  std::size_t decode_vector(std::uint32_t mask, std::uint32_t pixels, Event* out,
                            std::size_t room) {
    std::size_t done = 0;
    if (time_now_ < 0) {
      skipped_.invalid += static_cast<std::uint64_t>(__builtin_popcount(mask));
    } else {
      set_row({time_now_, mask, base_x_, y_, base_polarity_});
      done = take_row(out, room);
    }
    // A broken stream may contain endless vectors, all of them outside of the sensor.
    base_x_ = std::min<std::uint32_t>(base_x_ + pixels, kAnySensor.width);
    return done;
  }

  RoundClock time_{12};
  std::int64_t time_now_ = -1;
  std::int64_t high_ = 0;
  std::uint16_t y_ = 0;
  std::uint32_t base_x_ = 0;
  std::uint8_t base_polarity_ = 0;
};

EvtVersion version_of(const PropheseeHeader& header, const std::string& name) {
  if (header.evt == "2.0") return EvtVersion::k2;
  if (header.evt == "2.1") return header.swapped ? EvtVersion::k21Swapped : EvtVersion::k21;
  if (header.evt == "3.0") return EvtVersion::k3;
  fail(ErrorKind::kInput,
       "{}: offset 0: expected a header with a line \"% evt 2.0\", \"% evt 2.1\" or \"% evt 3.0\", "
       "found {}",
       name, header.evt.empty() ? "none" : "\"% evt " + header.evt.substr(0, 20) + '"');
}

class EvtStream : public EventStream {
 public:
  EvtStream(const std::filesystem::path& path, Sensor asked) : reader_(path) {
    const auto header = read_prophesee_header(reader_);
    sensor_ = choose_sensor(header.sensor, asked);
    decoder_ = make_evt_decoder(version_of(header, name()), sensor_);
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return decoder_->skipped(); }

  void rewind() override {
    reader_.seek(begin_);
    decoder_->reset();
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    const auto bytes = decoder_->word_bytes();
    EvtDecoder::Progress progress;
    while (progress.events == 0) {
      if (decoder_->pending()) return decoder_->decode(nullptr, 0, out, capacity).events;
      const auto offset = reader_.offset();
      const auto records = reader_.take_records(bytes, ByteReader::kBlockBytes, "word");
      if (records.count == 0) return 0;
      progress = decoder_->decode(records.bytes, records.count, out, capacity);
      if (progress.words < records.count) reader_.seek(offset + progress.words * bytes);
    }
    return progress.events;
  }

 private:
  ByteReader reader_;
  Sensor sensor_;
  std::unique_ptr<EvtDecoder> decoder_;
  std::uint64_t begin_ = 0;
};

}  // namespace

std::unique_ptr<EvtDecoder> make_evt_decoder(EvtVersion version, Sensor sensor) {
  if (version == EvtVersion::k2) return std::make_unique<Evt2Decoder>(sensor);
  if (version == EvtVersion::k3) return std::make_unique<Evt3Decoder>(sensor);
  return std::make_unique<Evt21Decoder>(sensor, version == EvtVersion::k21Swapped);
}

std::unique_ptr<EventStream> open_evt(const std::filesystem::path& path, Sensor asked) {
  return std::make_unique<EvtStream>(path, asked);
}

}  // namespace staa::events
