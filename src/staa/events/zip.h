#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/util/input_file.h"

namespace staa::events {

/// One file in a zip archive.
struct ZipMember {
  std::string name;
  bool deflated = false;  ///< false: stored
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t data_offset = 0;  ///< where its packed bytes start in the archive
};

/// The members in the archive's directory. Throws Error(kInput), naming the offset, if the
/// directory is broken, points outside of the file, or has encrypted members or methods other than
/// stored and deflated, and for archives of 4 GiB or more.
std::vector<ZipMember> list_zip(const InputFile& file);

/// Reads the bytes of a member sequentially through blocks of memory.
class ZipMemberReader {
 public:
  ZipMemberReader(std::shared_ptr<const InputFile> file, ZipMember member);
  ~ZipMemberReader();
  ZipMemberReader(const ZipMemberReader&) = delete;
  ZipMemberReader& operator=(const ZipMemberReader&) = delete;

  const ZipMember& member() const { return member_; }
  std::uint64_t left() const { return member_.bytes - done_; }

  /// Fills `out` with the next `count` bytes and checks the checksum after the last byte. Throws
  /// Error(kInput) for a broken stream, a wrong checksum or too few bytes.
  void read(void* out, std::size_t count);

  /// Starts again at the first byte.
  void rewind();

 private:
  void inflate(std::uint8_t* out, std::size_t count);
  void refill();
  [[noreturn]] void refuse(const std::string& why) const;

  std::shared_ptr<const InputFile> file_;
  ZipMember member_;
  std::uint64_t packed_done_ = 0;
  std::uint64_t done_ = 0;
  std::uint32_t checksum_ = 0;
  std::vector<std::uint8_t> block_;
  z_stream stream_{};
};

}  // namespace staa::events
