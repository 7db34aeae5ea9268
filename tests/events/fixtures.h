#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "staa/events/event.h"
#include "staa/events/recording.h"
#include "staa/util/random.h"
#include "support/deflate.h"
#include "support/support.h"

namespace staa::events {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(i < 8 ? value >> 8 * i & 0xff : 0);
  return out;
}

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> 8 * i & 0xff);
  return out;
}

/// `count` random events, sorted by time.
inline std::vector<Event> random_events(std::size_t count, Sensor sensor, std::uint64_t seed) {
  Random random{seed};
  std::vector<Event> events;
  std::int64_t t = 0;
  for (std::size_t i = 0; i < count; ++i) {
    t += random.below(50);
    events.push_back({t, static_cast<std::uint16_t>(random.below(sensor.width)),
                      static_cast<std::uint16_t>(random.below(sensor.height)),
                      static_cast<std::uint8_t>(random.below(2))});
  }
  return events;
}

/// An AEDAT 3.1 packet with `events`, all of them valid.
inline std::string aedat31_packet(const std::vector<Event>& events, int type = 1) {
  const auto rounds = events.empty() ? 0 : events.front().t >> 31;
  std::string out = little_endian(static_cast<std::uint64_t>(type), 2) + little_endian(1, 2) +
                    little_endian(8, 4) + little_endian(4, 4) +
                    little_endian(static_cast<std::uint64_t>(rounds), 4);
  for (int i = 0; i < 3; ++i) out += little_endian(events.size(), 4);
  for (const auto& e : events) {
    out += little_endian(
        std::uint64_t{e.x} << 17 | std::uint64_t{e.y} << 2 | std::uint64_t{e.polarity} << 1 | 1, 4);
    out += little_endian(static_cast<std::uint64_t>(e.t) & 0x7fffffff, 4);
  }
  return out;
}

inline std::string aedat31_header() {
  return "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n";
}

/// A zip archive of (name, content) pairs.
inline std::string zip(const std::vector<std::pair<std::string, std::string>>& files,
                       bool deflated) {
  std::string body;
  std::string directory;
  for (const auto& [name, contents] : files) {
    const auto packed = deflated ? test::deflate_raw(contents) : contents;
    const auto checksum =
        ::crc32_z(0, reinterpret_cast<const Bytef*>(contents.data()), contents.size());
    const auto common = little_endian(0, 2) + little_endian(deflated ? 8 : 0, 2) +
                        little_endian(0, 4) + little_endian(checksum, 4) +
                        little_endian(packed.size(), 4) + little_endian(contents.size(), 4) +
                        little_endian(name.size(), 2) + little_endian(0, 2);
    directory += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + common +
                 little_endian(0, 2 + 2 + 2 + 4) + little_endian(body.size(), 4) + name;
    body += "PK\3\4" + little_endian(20, 2) + common + name + packed;
  }
  const auto end = "PK\5\6" + little_endian(0, 4) + little_endian(files.size(), 2) +
                   little_endian(files.size(), 2) + little_endian(directory.size(), 4) +
                   little_endian(body.size(), 4) + little_endian(0, 2);
  return body + directory + end;
}

/// A one-dimensional NumPy array.
inline std::string npy(const std::string& type, std::size_t count, const std::string& items) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(count) + ",), }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  return std::string("\x93NUMPY\1\0", 8) + little_endian(header.size(), 2) + header + items;
}

/// `events` as t (i8), x (i2), y (i2) and p (bool).
inline std::vector<std::pair<std::string, std::string>> npz_arrays(
    const std::vector<Event>& events) {
  std::string t;
  std::string x;
  std::string y;
  std::string p;
  for (const auto& e : events) {
    t += little_endian(static_cast<std::uint64_t>(e.t), 8);
    x += little_endian(e.x, 2);
    y += little_endian(e.y, 2);
    p += static_cast<char>(e.polarity);
  }
  const auto count = events.size();
  return {{"t.npy", npy("<i8", count, t)},
          {"x.npy", npy("<i2", count, x)},
          {"y.npy", npy("<i2", count, y)},
          {"p.npy", npy("|b1", count, p)}};
}

}  // namespace staa::events
