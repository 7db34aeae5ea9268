#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"

namespace staa::events {

enum class Format {
  kAedat2,         ///< .aedat, addresses of Aedat2Address::kDvs128
  kAedat2Cifar10,  ///< .aedat, addresses of Aedat2Address::kCifar10Dvs
  kAedat31,        ///< .aedat
  kAtis,           ///< .bin, .bs2
  kNpz,            ///< .npz
};

/// "aedat2", "aedat2-cifar10-dvs", "aedat3.1", "atis", "npz".
const char* to_string(Format format);

/// What finds one sample's events: a file, or a span of time in it.
struct Recording {
  std::filesystem::path path;
  Format format = Format::kAtis;
  Sensor sensor;  ///< kAedat2 and kAedat2Cifar10 have their own, 128x128
  std::int64_t begin = std::numeric_limits<std::int64_t>::min();  ///< earlier events are left out
  std::int64_t end = std::numeric_limits<std::int64_t>::max();    ///< these and later ones as well
};

/// A file's format by its name and, for .aedat, its first line. Throws Error(kIo) if that cannot be
/// read, Error(kInput) for a name or version of another kind.
Format format_of(const std::filesystem::path& path);

/// Opens the file with the reader of its format; its errors.
std::unique_ptr<EventStream> open_recording(const Recording& recording);

/// All events that are left, in memory: for single samples.
std::vector<Event> read_all(EventStream& stream);

/// What one pass over a stream tells; times are those of the earliest and the latest event.
struct Extent {
  std::uint64_t count = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Adds `count` events to what was measured so far.
void extend(Extent& extent, const Event* events, std::size_t count);

/// Reads a stream to its end.
Extent measure(EventStream& stream);

}  // namespace staa::events
