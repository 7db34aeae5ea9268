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

/// The location of one sample's events: a file, or a time span in it.
struct Recording {
  std::filesystem::path path;
  Format format = Format::kAtis;
  Sensor sensor;  ///< 0x0: as stated in the file, or else any address
  std::int64_t begin = std::numeric_limits<std::int64_t>::min();  ///< earlier events are skipped
  std::int64_t end = std::numeric_limits<std::int64_t>::max();    ///< exclusive
};

/// Determines a file's format from its contents. Files of 5-byte events have no signature: a file
/// that matches no other format counts as one if its name ends in .bin or .bs2 or if its times
/// rise. Throws Error(kIo) if the file cannot be read, and Error(kInput) for an unknown kind of
/// file.
Format format_of(const std::filesystem::path& path);

/// The sensor that a file of this format states; 0x0 if it states none.
Sensor stated_sensor(const std::filesystem::path& path, Format format);

/// Opens the file with the reader of its format and throws that reader's errors. Also throws
/// Error(kInput) if the file states another sensor than `recording` (except for AEDAT 2.0, where
/// the file's sensor is used).
std::unique_ptr<EventStream> open_recording(const Recording& recording);

/// Reads all remaining events into memory, for single samples.
std::vector<Event> read_all(EventStream& stream);

/// The result of one pass over a stream; the times are those of the earliest and the latest event.
struct Extent {
  std::uint64_t count = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Includes `count` more events.
void extend(Extent& extent, const Event* events, std::size_t count);

/// Reads a stream to its end.
Extent measure(EventStream& stream);

}  // namespace staa::events
