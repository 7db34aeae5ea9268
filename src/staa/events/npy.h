#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/zip.h"

namespace staa::events {

/// A number type by its NumPy name ("i4"), and how its bytes are converted to an integer.
struct NpyType {
  const char* name;
  std::size_t bytes;
  /// Returns false for a value that is not whole or does not fit into 64 signed bits.
  bool (*load)(const std::uint8_t* bytes, std::int64_t& value);
};

/// The type for a description such as "<i8" or "|u1"; null for any other.
const NpyType* find_npy_type(std::string_view description);

/// The text after `'key':` in the dictionary of an array's header, without blanks; "" if there is
/// no such key.
std::string_view npy_value(std::string_view header, const std::string& key);

/// Reads the number in a shape such as "(5,)"; returns false for any other shape.
bool npy_length(std::string_view shape, std::uint64_t& length);

/// A one-dimensional NumPy array in a zip archive, read sequentially as integers.
class NpyColumn {
 public:
  /// Throws Error(kInput) for a broken header, an array with more dimensions, or a type other than
  /// little-endian integers, Booleans and floats of 4 or 8 bytes.
  NpyColumn(std::shared_ptr<const InputFile> file, const ZipMember& member);

  std::uint64_t size() const { return size_; }

  /// Reads the next `count` values. Throws Error(kInput), naming the element, for a value that is
  /// not whole or does not fit into 64 signed bits.
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
