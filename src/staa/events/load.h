#pragma once

#include <cstdint>
#include <cstring>

namespace staa::events {

/// Reads a number from bytes of any alignment, little-endian, like this machine.
template <typename T>
T load(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

}  // namespace staa::events
