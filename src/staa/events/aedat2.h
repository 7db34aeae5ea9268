#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/file.h"

namespace staa::events {

/// How an AEDAT 2.0 address a of a sensor of 128x128 is read.
enum class Aedat2Address {
  kDvs128,      ///< x = a >> 1 & 127, y = a >> 8 & 127, polarity = a & 1
  kCifar10Dvs,  ///< x = 127 - (a >> 8 & 127), y = 127 - (a >> 1 & 127), polarity = 1 - (a & 1)
};

/// Opens an AEDAT 2.0 recording of a DVS128, or of a DAVIS240 or DAVIS346 whose header names it as
/// AEChip or HardwareInterface: lines that begin with '#', the first of them
/// "#!AER-DAT2.0", then 8 bytes an event, address and microseconds, big-endian. The clock's 32 bits
/// are followed when they go round. Addresses with a higher bit than the 14th are the camera's
/// special events and are skipped. Of a DAVIS x = a >> 12 & 1023, y = a >> 22 & 511, polarity =
/// a >> 11 & 1, `address` does not matter, and samples of images and motion (bit 31) and of the
/// external input (bit 10) are skipped.
///
/// Throws Error(kIo) if the file cannot be read, Error(kInput) for another first line. Reading
/// throws Error(kInput) if the file ends within an event.
std::unique_ptr<EventStream> open_aedat2(const std::filesystem::path& path, Aedat2Address address);

/// Writes events in this form as they come: of a DVS128 where `sensor` is at most 128x128, else of
/// a DAVIS240 or a DAVIS346, which the header then names. The file appears with finish(). Throws
/// Error(kUsage) for a larger sensor, and as write_aedat2() does.
class Aedat2Writer {
 public:
  Aedat2Writer(const std::filesystem::path& path, Aedat2Address address, Sensor sensor,
               const std::vector<std::string>& remarks = {});
  void add(const Event* events, std::size_t count);
  void finish();

 private:
  std::string name_;
  Aedat2Address address_;
  Sensor sensor_;
  bool davis_;
  AtomicFile file_;
  std::uint64_t done_ = 0;
};

/// Writes events in this form, whole or not at all; `remarks` are lines of the header. Throws
/// Error(kUsage) for an event outside of 128x128 or a time that 32 bits do not hold.
void write_aedat2(const std::filesystem::path& path, Aedat2Address address,
                  const std::vector<Event>& events, const std::vector<std::string>& remarks = {});

}  // namespace staa::events
