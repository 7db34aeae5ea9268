#pragma once

#include <cstdint>
#include <cstring>

namespace staa::events {

/// A number of a file, little-endian as this machine is, from bytes of any alignment.
template <typename T>
T load(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

}  // namespace staa::events
