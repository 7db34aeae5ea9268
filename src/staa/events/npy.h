#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/zip.h"

namespace staa::events {

/// How NumPy names a type of number ("i4"), and how its bytes become a whole one.
struct NpyType {
  const char* name;
  std::size_t bytes;
  /// Returns false for a value that is not whole or that 64 signed bits do not hold.
  bool (*load)(const std::uint8_t* bytes, std::int64_t& value);
};

/// The type of a description such as "<i8" or "|u1"; null for any other.
const NpyType* find_npy_type(std::string_view description);

/// What follows `'key':` in the dictionary of an array's header, blanks left out; "": it is not
/// there.
std::string_view npy_value(std::string_view header, const std::string& key);

/// The one number of a shape as "(5,)"; false for any other shape.
bool npy_length(std::string_view shape, std::uint64_t& length);

/// A NumPy array of one dimension in a zip archive, read from front to back as whole numbers.
class NpyColumn {
 public:
  /// Throws Error(kInput) for a header that is broken, an array of another rank, and a type that is
  /// no integer, Boolean or float of 4 or 8 bytes, little-endian.
  NpyColumn(std::shared_ptr<const InputFile> file, const ZipMember& member);

  std::uint64_t size() const { return size_; }

  /// The next `count` values. Throws Error(kInput) naming the element for a value that is not
  /// whole or that 64 signed bits do not hold.
  void read(std::int64_t* out, std::size_t count);

  void rewind();

 private:
  void read_header();
  [[noreturn]] void refuse(const std::string& why) const;

  std::string file_;
  ZipMemberReader reader_;
  const NpyType* type_ = nullptr;
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 0;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace staa::events
