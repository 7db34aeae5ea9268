#include "staa/events/aedat4.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/broken.h"
#include "staa/events/byte_reader.h"
#include "staa/events/flatbuffer.h"
#include "staa/events/load.h"
#include "staa/events/unpack.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::string_view kFirstLine = "#!AER-DAT4.0\r\n";
constexpr std::size_t kMostPacketBytes = std::size_t{1} << 27;
constexpr std::size_t kMostHeaderBytes = std::size_t{1} << 24;
constexpr std::size_t kEventBytes = 16;  // microseconds (8), x (2), y (2), polarity (1), padding

/// What the header states about one stream.
struct StreamInfo {
  std::string type;  ///< "EVTS", "FRME", "IMUS", "TRIG"
  std::int64_t width = 0;
  std::int64_t height = 0;
};

std::int64_t whole_number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The text between `from` and the next `to` in `text`; "" if there is none.
std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + from.size());
  return rest.substr(0, std::min(rest.size(), rest.find(to)));
}

/// The streams in the header's XML. A node "outInfo" contains one node per stream, whose attributes
/// and "info" child node describe it.
std::map<std::int64_t, StreamInfo> list_streams(std::string_view xml) {
  std::map<std::int64_t, StreamInfo> streams;
  std::vector<std::string_view> nodes;  // the nodes around the current position
  for (auto at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const auto rest = xml.substr(at);
    const auto tag = rest.substr(0, rest.find('>'));
    if (tag.rfind("</node", 0) == 0 && !nodes.empty()) nodes.pop_back();
    if (tag.rfind("<node", 0) == 0 && (tag.empty() || tag.back() != '/')) {
      nodes.push_back(between(tag, "name=\"", "\""));
    }
    if (tag.rfind("<attr", 0) != 0 || nodes.size() < 2 || nodes[0] != "outInfo") continue;
    const auto key = between(tag, "key=\"", "\"");
    const auto value = between(rest, ">", "<");
    auto& stream = streams[whole_number(nodes[1])];
    if (nodes.size() == 2 && key == "typeIdentifier") stream.type = value;
    if (nodes.size() == 3 && key == "sizeX") stream.width = whole_number(value);
    if (nodes.size() == 3 && key == "sizeY") stream.height = whole_number(value);
  }
  return streams;
}

class Aedat4Stream : public EventStream {
 public:
  Aedat4Stream(const std::filesystem::path& path, Sensor asked) : reader_(path) {
    if (!reader_.starts_with(kFirstLine)) {
      fail(ErrorKind::kInput, "{}: offset 0: expected the line \"#!AER-DAT4.0\"", name());
    }
    reader_.take(kFirstLine.size(), "first line");
    const auto offset = reader_.offset();
    try {
      read_header(asked);
    } catch (const Broken& reason) {
      fail(ErrorKind::kInput, "{}: offset {}: header: {}", name(), offset, reason.what());
    }
    begin_ = reader_.offset();
  }

  const std::string& name() const override { return reader_.name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    reader_.seek(begin_);
    unpacker_->reset();
    next_ = count_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0) {
      if (next_ == count_ && !next_packet()) return 0;
      const auto most = std::min(capacity, count_ - next_);
      for (std::size_t i = 0; i < most; ++i) {
        done += decode(events_ + (next_ + i) * kEventBytes, out[done]) ? 1 : 0;
      }
      next_ += most;
    }
    return done;
  }

 private:
  void read_header(Sensor asked) {
    if (!has(4)) throw Broken("the file ends before it");
    const std::size_t bytes = load<std::uint32_t>(reader_.take(4, "size"));
    if (bytes > kMostHeaderBytes) throw Broken(fmt::format("of {} bytes, too long", bytes));
    std::vector<std::uint8_t> message(4 + bytes);
    const auto size = static_cast<std::uint32_t>(bytes);
    std::memcpy(message.data(), &size, sizeof(size));
    for (std::size_t done = 0; done < bytes;) {
      const auto piece = std::min(bytes - done, ByteReader::kBlockBytes);
      std::memcpy(message.data() + 4 + done, reader_.take(piece, "header"), piece);
      done += piece;
    }
    const auto header = FlatTable::root(message.data(), message.size());
    const auto compression = header.number<std::int32_t>(0, 0);
    const auto table = header.number<std::int64_t>(1, -1);
    if (compression < 0 || compression > 4) {
      throw Broken(fmt::format("expected a compression of 0 to 4, found {}", compression));
    }
    unpacker_ = compression == 0   ? make_stored_unpacker()
                : compression <= 2 ? make_lz4_unpacker()
                                   : make_zstd_unpacker();
    // A table of packets follows them if the recording was closed properly.
    end_ = reader_.offset() + reader_.left();
    if (table > 0) end_ = std::min(end_, static_cast<std::uint64_t>(table));
    choose_stream(list_streams(header.text(2)), asked);
  }

  void choose_stream(const std::map<std::int64_t, StreamInfo>& streams, Sensor asked) {
    std::string found;
    for (const auto& [id, info] : streams) {
      if (info.type == "TRIG") trigger_id_ = id;
      found += (found.empty() ? "" : ", ") + info.type;
      if (info.type != "EVTS" || stream_id_ >= 0) continue;
      const Sensor stated{info.width, info.height};
      const bool whole = stated.width > 0 && stated.height > 0 &&
                         stated.width <= kAnySensor.width && stated.height <= kAnySensor.height;
      sensor_ = choose_sensor(whole ? stated : Sensor{}, asked);
      stream_id_ = id;
    }
    if (stream_id_ < 0) {
      throw Broken("expected a stream of events (EVTS), found " +
                   (found.empty() ? "none" : found.substr(0, 100)));
    }
  }

  bool has(std::uint64_t bytes) const { return reader_.left() >= bytes; }

  /// Advances to the next non-empty packet of events; returns false at the end.
  bool next_packet() {
    constexpr std::size_t kHeaderBytes = 8;
    next_ = count_ = 0;
    while (count_ == 0) {
      const auto offset = reader_.offset();
      if (offset >= end_) return false;
      const auto* header = reader_.take(kHeaderBytes, "header of a packet");
      const auto id = load<std::int32_t>(header);
      const auto bytes = load<std::int32_t>(header + 4);
      if (bytes < 0 || static_cast<std::uint64_t>(bytes) > reader_.left()) {
        fail(ErrorKind::kInput, "{}: offset {}: packet of stream {}: expected {} bytes, found {}",
             name(), offset, id, bytes, reader_.left());
      }
      if (id != stream_id_) {
        ++skipped_.special;
        if (id == trigger_id_) ++skipped_.triggers;
        reader_.seek(reader_.offset() + static_cast<std::uint64_t>(bytes));
        continue;
      }
      try {
        unpack(static_cast<std::size_t>(bytes));
      } catch (const Broken& reason) {
        unpacker_->reset();
        fail(ErrorKind::kInput, "{}: offset {}: packet of stream {}: {}", name(), offset, id,
             reason.what());
      }
    }
    return true;
  }

  void unpack(std::size_t bytes) {
    packet_.clear();
    while (bytes > 0) {
      const auto piece = std::min(bytes, ByteReader::kBlockBytes);
      unpacker_->add(reader_.take(piece, "packet"), piece, packet_, kMostPacketBytes);
      bytes -= piece;
    }
    unpacker_->finish();
    const auto found = FlatTable::root(packet_.data(), packet_.size()).items(0, kEventBytes);
    events_ = found.bytes;
    count_ = found.count;
  }

  bool decode(const std::uint8_t* bytes, Event& event) {
    event.t = load<std::int64_t>(bytes);
    const auto x = load<std::int16_t>(bytes + 8);
    const auto y = load<std::int16_t>(bytes + 10);
    event.x = static_cast<std::uint16_t>(x);
    event.y = static_cast<std::uint16_t>(y);
    event.polarity = bytes[12] != 0 ? 1 : 0;
    const bool inside = x >= 0 && y >= 0 && x < sensor_.width && y < sensor_.height;
    skipped_.outside += inside ? 0 : 1;
    return inside;
  }

  ByteReader reader_;
  Sensor sensor_;
  std::unique_ptr<Unpacker> unpacker_;
  std::int64_t stream_id_ = -1;
  std::int64_t trigger_id_ = -1;
  std::uint64_t begin_ = 0;  ///< where the first packet starts
  std::uint64_t end_ = 0;    ///< where the last packet ends
  std::vector<std::uint8_t> packet_;
  const std::uint8_t* events_ = nullptr;  ///< in packet_
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_aedat4(const std::filesystem::path& path, Sensor asked) {
  return std::make_unique<Aedat4Stream>(path, asked);
}

}  // namespace staa::events
