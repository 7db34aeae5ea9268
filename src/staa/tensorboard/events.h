#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "staa/util/input_file.h"

/// The event files that TensorBoard shows: records of a length (8 bytes), its masked CRC-32C, a
/// message (event.proto) and its masked CRC-32C, all little-endian.
namespace staa::tensorboard {

/// A named value; files hold it as a float.
struct Scalar {
  std::string tag;  ///< "loss/train": TensorBoard groups by what stands before the slash
  double value = 0;
};

/// The event files in a folder, oldest first.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder);

/// Adds a new event file to a folder. Each add() is handed to the system at once; a process that is
/// killed leaves at most a record cut short, which readers pass over. Throws Error(kIo).
class EventWriter {
 public:
  /// `step` is where the run stands: events of later steps in the folder's older files are cut off,
  /// since those steps are taken again.
  EventWriter(const std::filesystem::path& folder, std::int64_t step);

  void add(std::int64_t step, const std::vector<Scalar>& scalars);

 private:
  void append(const std::string& message);

  std::filesystem::path path_;
  std::ofstream out_;
};

/// One event as read back.
struct Event {
  double wall_time = 0;
  std::int64_t step = 0;
  std::string file_version;  ///< of the first event in a file
  bool start = false;        ///< of a process: what came before of `step` and later is void
  std::vector<Scalar> scalars;
};

/// Reads an event file event by event.
class EventReader {
 public:
  /// Throws Error(kIo) or Error(kInput) as InputFile does.
  explicit EventReader(const std::filesystem::path& path) : file_(path) {}

  /// The next event, or nothing at the end. Throws Error(kInput) naming the byte at which a record
  /// is cut short, too long, or not what its CRC says.
  std::optional<Event> next();

  /// Where the next event begins.
  std::uint64_t offset() const { return offset_; }

 private:
  InputFile file_;
  std::uint64_t offset_ = 0;
};

}  // namespace staa::tensorboard
