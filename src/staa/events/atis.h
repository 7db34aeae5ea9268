#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/file.h"

namespace staa::events {

/// Opens a recording of 5-byte events without a header, as N-MNIST (.bin, sensor 34x34),
/// N-Caltech101 (.bin, 240x180) and others (.bs2) keep them: x, y, then polarity (the highest bit)
/// and 23 bits of microseconds, big-endian. A y of 240 is no pixel but a mark that the camera's
/// clock has gone round: 8,192 microseconds are added to all later times; counted as special.
///
/// Throws Error(kIo) if the file cannot be read and Error(kUsage) for a sensor that 8-bit addresses
/// cannot reach. Reading throws Error(kInput) if the file ends within an event.
std::unique_ptr<EventStream> open_atis(const std::filesystem::path& path, Sensor sensor);

/// Writes events in this form as they come; times that 23 bits do not hold are kept by marks. The
/// file appears with finish(). Every failure throws, as write_atis() says.
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
  std::int64_t clock_ = 0;  ///< what the marks so far have added
  std::int64_t last_ = 0;
  std::uint64_t done_ = 0;
};

/// Writes events in this form, whole or not at all; times that 23 bits do not hold are kept by
/// marks. Throws Error(kUsage) for an x above 255, a y above 239, a time that falls or is negative.
void write_atis(const std::filesystem::path& path, const std::vector<Event>& events);

}  // namespace staa::events
