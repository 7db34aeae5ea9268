#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "staa/events/broken.h"

namespace staa::events {

/// A table in a size-prefixed FlatBuffers message. Every offset is checked: one that leads out of
/// the message throws Broken. Fields are numbered by their order in the schema.
class FlatTable {
 public:
  /// The root table of a message.
  static FlatTable root(const std::uint8_t* message, std::size_t bytes) {
    constexpr std::size_t kPrefix = 4;
    FlatTable buffer{message, bytes, 0};
    const std::size_t size = buffer.load<std::uint32_t>(0);
    if (size > bytes - kPrefix) {
      throw Broken("a message of " + std::to_string(size) + " bytes in " +
                   std::to_string(bytes - kPrefix));
    }
    FlatTable inner{message + kPrefix, size, 0};
    inner.at_ = inner.load<std::uint32_t>(0);
    return inner;
  }

  /// A number, or `absent` if the field is missing.
  template <typename T>
  T number(int field, T absent) const {
    const auto at = place(field);
    return at == 0 ? absent : load<T>(at);
  }

  std::string_view text(int field) const {
    const auto found = items(field, 1);
    return {reinterpret_cast<const char*>(found.bytes), found.count};
  }

  /// A vector of structs of `item_bytes`; empty if the field is missing.
  struct Items {
    const std::uint8_t* bytes = nullptr;
    std::size_t count = 0;
  };
  Items items(int field, std::size_t item_bytes) const {
    const auto at = place(field);
    if (at == 0) return {};
    const std::size_t vector = at + load<std::uint32_t>(at);
    const std::size_t count = load<std::uint32_t>(vector);
    if (count > (size_ - vector - 4) / item_bytes) {
      throw Broken("a vector of " + std::to_string(count) + " items that reaches out of it");
    }
    return {bytes_ + vector + 4, count};
  }

 private:
  FlatTable(const std::uint8_t* bytes, std::size_t size, std::size_t at)
      : bytes_(bytes), size_(size), at_(at) {}

  template <typename T>
  T load(std::size_t at) const {
    if (size_ < sizeof(T) || at > size_ - sizeof(T)) {
      throw Broken("an offset of " + std::to_string(at) + " in a message of " +
                   std::to_string(size_) + " bytes");
    }
    T value;
    std::memcpy(&value, bytes_ + at, sizeof(value));  // little-endian, like this machine
    return value;
  }

  /// The position of a field; 0 if it is missing.
  std::size_t place(int field) const {
    const auto back = load<std::int32_t>(at_);
    const auto table = static_cast<std::int64_t>(at_) - back;
    if (table < 0) throw Broken("a table of fields before its begin");
    const auto fields = static_cast<std::size_t>(table);
    const std::size_t slot = 4 + 2 * static_cast<std::size_t>(field);
    if (slot + 2 > load<std::uint16_t>(fields)) return 0;
    const std::size_t offset = load<std::uint16_t>(fields + slot);
    return offset == 0 ? 0 : at_ + offset;
  }

  const std::uint8_t* bytes_;
  std::size_t size_;
  std::size_t at_;
};

}  // namespace staa::events
