#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "staa/util/input_file.h"

/// TensorBoard's event files. Each record has a length (8 bytes) and its masked CRC-32C, then a
/// message (event.proto) and its masked CRC-32C, all little-endian.
namespace staa::tensorboard {

/// A named value; files store it as a float.
struct Scalar {
  std::string tag;  ///< "loss/train": TensorBoard groups by the part before the slash
  double value = 0;
};

/// The event files in a folder, oldest first.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder);

/// Adds a new event file to a folder. Each add() is passed to the system at once, so that a killed
/// process leaves at most one truncated record, which readers skip. Throws Error(kIo).
class EventWriter {
 public:
  /// `step` is the current step of the run: events of later steps are removed from the folder's
  /// older files, since those steps are repeated.
  EventWriter(const std::filesystem::path& folder, std::int64_t step);

  void add(std::int64_t step, const std::vector<Scalar>& scalars);

 private:
  void append(const std::string& message);

  std::filesystem::path path_;
  std::ofstream out_;
};

/// An event that was read back.
struct Event {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string file_version;  ///< only in the first event of a file
  bool start = false;        ///< a process started: earlier events from `step` on are void
  std::vector<Scalar> scalars;
};

/// Reads an event file one event at a time.
class EventReader {
 public:
  /// Throws Error(kIo) or Error(kInput) like InputFile.
  explicit EventReader(const std::filesystem::path& path) : file_(path) {}

  /// Returns the next event, or nothing at the end. Throws Error(kInput), naming the offset, for a
  /// record that is truncated, too long, or does not match its CRC.
  std::optional<Event> next();

  /// The offset of the next event.
  std::uint64_t offset() const { return offset_; }

 private:
  InputFile file_;
  std::uint64_t offset_ = 0;
};

}  // namespace staa::tensorboard
