#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "staa/util/input_file.h"

namespace staa::events {

/// Reads a file from front to back through one block of memory.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path) : file_(path) {}

  const std::string& name() const { return file_.name(); }
  /// The offset of the next byte.
  std::uint64_t offset() const { return block_offset_ + next_; }
  std::uint64_t left() const { return file_.size() - offset(); }

  /// Continues at `offset`, which is at most the file's size.
  void seek(std::uint64_t offset);

  /// Returns the next `count` bytes (at most kBlockBytes), which stay valid until the next call.
  /// Throws Error(kInput), naming the offset and `what`, if fewer are left.
  const std::uint8_t* take(std::size_t count, const char* what);

  /// Returns as many whole records of `record_bytes` as are in memory, at most `most` and at least
  /// one; none at the end of the file. Throws Error(kInput), naming the offset and `what`, the name
  /// of a record, if the file ends within one.
  struct Records {
    const std::uint8_t* bytes = nullptr;
    std::size_t count = 0;
  };
  Records take_records(std::size_t record_bytes, std::size_t most, const char* what);

  /// Returns the next byte without consuming it; -1 at the end of the file.
  int peek();

  /// Whether the file continues with these bytes (at most kBlockBytes), without consuming them.
  bool starts_with(std::string_view bytes);

  /// Returns the next line without its line end ("\n" or "\r\n"), which is consumed too. Throws
  /// Error(kInput) if there is no line end within kMaxLineBytes.
  std::string take_line(const char* what);

  static constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
  static constexpr std::size_t kMaxLineBytes = std::size_t{1} << 16;

 private:
  /// Makes at least min(count, left()) bytes available in memory. Returns the number of available
  /// bytes.
  std::size_t prepare(std::size_t count);

  InputFile file_;
  std::vector<std::uint8_t> block_;
  std::uint64_t block_offset_ = 0;  ///< of block_'s first byte in the file
  std::size_t next_ = 0;            ///< in block_
};

/// Reads events from records of one size: decode(bytes, event) returns whether a record gives an
/// event. Like EventStream::read(), it returns at least one event, or 0 at the end of the file.
template <typename Event, typename Decode>
std::size_t read_records(ByteReader& reader, std::size_t record_bytes, Event* out,
                         std::size_t capacity, const Decode& decode) {
  std::size_t done = 0;
  while (done == 0) {
    const auto records = reader.take_records(record_bytes, capacity, "event");
    if (records.count == 0) return 0;
    for (std::size_t i = 0; i < records.count; ++i) {
      done += decode(records.bytes + i * record_bytes, out[done]) ? 1 : 0;
    }
  }
  return done;
}

}  // namespace staa::events
