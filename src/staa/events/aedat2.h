#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/file.h"

namespace staa::events {

/// How to interpret an AEDAT 2.0 address a of a 128x128 sensor.
enum class Aedat2Address {
  kDvs128,      ///< x = a >> 1 & 127, y = a >> 8 & 127, polarity = a & 1
  kCifar10Dvs,  ///< x = 127 - (a >> 8 & 127), y = 127 - (a >> 1 & 127), polarity = 1 - (a & 1)
};

/// Opens an AEDAT 2.0 recording of a DVS128, or of a DAVIS240 or DAVIS346 if the header names it as
/// AEChip or HardwareInterface. The file has header lines that begin with '#', the first of them
/// "#!AER-DAT2.0", then 8 bytes per event: address and microseconds, big-endian. Overflows of the
/// 32-bit clock are tracked. Addresses with a bit above the 14th are the camera's special events
/// and are skipped. For a DAVIS, `address` is ignored: x = a >> 12 & 1023, y = a >> 22 & 511,
/// polarity = a >> 11 & 1; image and motion samples (bit 31) and the external input (bit 10) are
/// skipped.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kInput) for another first line. Reading
/// throws Error(kInput) if the file ends within an event.
std::unique_ptr<EventStream> open_aedat2(const std::filesystem::path& path, Aedat2Address address);

/// Writes events to an AEDAT 2.0 file as they are added. `sensor` selects the camera: DVS128 up to
/// 128x128, else a DAVIS240 or DAVIS346, which the header then names. The file appears with
/// finish(). Throws Error(kUsage) for a larger sensor, and the errors of write_aedat2().
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

/// Writes events to an AEDAT 2.0 file, atomically; `remarks` are extra header lines. Throws
/// Error(kUsage) for an event outside of 128x128 or a time that does not fit into 32 bits.
void write_aedat2(const std::filesystem::path& path, Aedat2Address address,
                  const std::vector<Event>& events, const std::vector<std::string>& remarks = {});

}  // namespace staa::events
