#pragma once

#include <lz4frame.h>
#include <zstd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "events/fixtures.h"

namespace staa::events {

/// The compression of packets in an AEDAT 4 file, with the format's numbers.
enum class Packed { kNone = 0, kLz4 = 1, kZstd = 3 };

inline std::string compress(const std::string& bytes, Packed how) {
  if (how == Packed::kNone) return bytes;
  const auto room = how == Packed::kLz4 ? LZ4F_compressFrameBound(bytes.size(), nullptr)
                                        : ZSTD_compressBound(bytes.size());
  std::string out(room, '\0');
  const auto size = how == Packed::kLz4
                        ? LZ4F_compressFrame(out.data(), room, bytes.data(), bytes.size(), nullptr)
                        : ZSTD_compress(out.data(), room, bytes.data(), bytes.size(), 1);
  if (LZ4F_isError(size) != 0 || size > room) throw std::runtime_error("cannot compress");
  out.resize(size);
  return out;
}

inline std::string sized(const std::string& message) {
  return little_endian(message.size(), 4) + message;
}

/// A FlatBuffers message with one field, which is a vector of 16-byte events.
inline std::string event_message(const std::vector<Event>& events) {
  std::string out = little_endian(16, 4) + "EVTS" + little_endian(6, 2) + little_endian(8, 2) +
                    little_endian(4, 2) + little_endian(0, 2) + little_endian(8, 4) +
                    little_endian(4, 4) + little_endian(events.size(), 4);
  for (const auto& e : events) {
    out += little_endian(static_cast<std::uint64_t>(e.t), 8) + little_endian(e.x, 2) +
           little_endian(e.y, 2) + little_endian(e.polarity, 4);
  }
  return sized(out);
}

inline std::string aedat4_packet(int stream, const std::string& message, Packed how) {
  const auto packed = compress(message, how);
  return little_endian(static_cast<std::uint64_t>(stream), 4) + little_endian(packed.size(), 4) +
         packed;
}

/// The first line and header of a file in which stream 0 has 346x260 events and streams 1 and 3
/// have frames and triggers.
inline std::string aedat4_header(Packed how) {
  const auto stream = [](int id, const std::string& type) {
    const auto name = std::to_string(id);
    return "<node name=\"" + name + "\" path=\"/outInfo/" + name +
           "/\"><attr key=\"typeIdentifier\" type=\"string\">" + type +
           "</attr><node name=\"info\" path=\"/outInfo/" + name +
           "/info/\"><attr key=\"sizeX\" type=\"int\">346</attr><attr key=\"sizeY\" type=\"int\">"
           "260</attr></node></node>";
  };
  const auto xml = "<dv version=\"2.0\"><node name=\"outInfo\" path=\"/outInfo/\">" +
                   stream(0, "EVTS") + stream(1, "FRME") + stream(3, "TRIG") + "</node></dv>";
  return "#!AER-DAT4.0\r\n" +
         sized(little_endian(20, 4) + "IOHE" + little_endian(10, 2) + little_endian(20, 2) +
               little_endian(4, 2) + little_endian(8, 2) + little_endian(16, 2) +
               little_endian(0, 2) + little_endian(12, 4) +
               little_endian(static_cast<std::uint64_t>(how), 4) + std::string(8, '\xff') +
               little_endian(4, 4) + little_endian(xml.size(), 4) + xml + '\0');
}

/// Words of EVT 3.0, 2.1 and 2.0.
inline std::string evt3(unsigned type, unsigned value) {
  return little_endian(type << 12 | value, 2);
}
inline std::string evt21(unsigned type, unsigned t, unsigned x, unsigned y, std::uint32_t mask) {
  return little_endian(mask, 4) + little_endian(type << 28 | t << 22 | x << 11 | y, 4);
}
inline std::string evt2(unsigned type, unsigned t, unsigned x, unsigned y) {
  return little_endian(type << 28 | t << 22 | x << 11 | y, 4);
}
inline std::string evt2_time(std::uint32_t high) {
  return little_endian(std::uint32_t{8} << 28 | high, 4);
}

}  // namespace staa::events
