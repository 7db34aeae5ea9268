#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/file.h"

namespace staa::events {

/// Opens a recording of 5-byte events without a header, the format of N-MNIST (.bin, sensor 34x34),
/// N-Caltech101 (.bin, 240x180) and others (.bs2): x, y, then polarity (the highest bit) and 23
/// bits of microseconds, big-endian. A y of 240 is not a pixel but marks an overflow of the
/// camera's clock: 8,192 microseconds are added to all later times, and the mark counts as special.
///
/// Throws Error(kIo) if the file cannot be read, and Error(kUsage) for a sensor that 8-bit
/// addresses cannot reach. Reading throws Error(kInput) if the file ends within an event.
std::unique_ptr<EventStream> open_atis(const std::filesystem::path& path, Sensor sensor);

/// Writes events in this format as they are added. Marks represent times that do not fit into 23
/// bits. The file appears with finish(). Throws the errors of write_atis().
class AtisWriter {
 public:
  explicit AtisWriter(const std::filesystem::path& path) : name_(path.string()), file_(path) {}
  void add(const Event* events, std::size_t count);
  void finish();

 private:
  void flush();

  std::string name_;
  AtomicFile file_;
  std::string bytes_;
  std::int64_t clock_ = 0;  ///< the sum of what the marks so far have added
  std::int64_t last_ = 0;
  std::uint64_t done_ = 0;
};

/// Writes events in this format, atomically. Marks represent times that do not fit into 23 bits.
/// Throws Error(kUsage) for an x above 255, a y above 239, or a time that decreases or is negative.
void write_atis(const std::filesystem::path& path, const std::vector<Event>& events);

}  // namespace staa::events
