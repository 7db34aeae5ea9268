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
  bool deflated = false;  ///< else stored
  std::uint32_t checksum = 0;
  std::uint64_t packed_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t data_offset = 0;  ///< in the archive, of its packed bytes
};

/// The members that the archive's directory names. Throws Error(kInput), naming the offset, for a
/// directory that is broken, reaches out of the file, names encrypted members or other methods than
/// stored and deflated, and for archives of 4 GiB or more.
std::vector<ZipMember> list_zip(const InputFile& file);

/// The bytes of a member from front to back, through blocks of memory.
class ZipMemberReader {
 public:
  ZipMemberReader(std::shared_ptr<const InputFile> file, ZipMember member);
  ~ZipMemberReader();
  ZipMemberReader(const ZipMemberReader&) = delete;
  ZipMemberReader& operator=(const ZipMemberReader&) = delete;

  const ZipMember& member() const { return member_; }
  std::uint64_t left() const { return member_.bytes - done_; }

  /// Fills `out` with the next `count` bytes. With the last of them the checksum is compared.
  /// Throws Error(kInput) for a broken stream, a wrong checksum or fewer bytes than that.
  void read(void* out, std::size_t count);

  /// Begins again.
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
