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
  kAedat4,         ///< .aedat4
  kEvt2,           ///< .raw in EVT 2.0
  kEvt21,          ///< .raw in EVT 2.1
  kEvt3,           ///< .raw in EVT 3.0
  kDat,            ///< .dat
  kHdf5,           ///< .h5, .hdf5
  kNpy,            ///< .npy, a structured array
  kText,           ///< .txt, .csv
};

/// "aedat2", "aedat2-cifar10-dvs", "aedat3.1", "atis", "npz", "aedat4", "evt2", "evt2.1", "evt3",
/// "dat", "hdf5", "npy", "text".
const char* to_string(Format format);

/// What finds one sample's events: a file, or a span of time in it.
struct Recording {
  std::filesystem::path path;
  Format format = Format::kAtis;
  Sensor sensor;  ///< 0x0: as the file says, or else any address
  std::int64_t begin = std::numeric_limits<std::int64_t>::min();  ///< earlier events are left out
  std::int64_t end = std::numeric_limits<std::int64_t>::max();    ///< these and later ones as well
};

/// A file's format, found by its contents. 5-byte events have no mark: a file that is none of the
/// others is taken for some if it is called .bin or .bs2 or if its times rise as events' do. Throws
/// Error(kIo) if the file cannot be read, Error(kInput) for a file of another kind.
Format format_of(const std::filesystem::path& path);

/// The sensor that a file of this format states; 0x0: it does not.
Sensor stated_sensor(const std::filesystem::path& path, Format format);

/// Opens the file with the reader of its format; its errors. Throws Error(kInput) as well where the
/// file states another sensor than `recording` (but for AEDAT 2.0, whose sensor is its own).
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
