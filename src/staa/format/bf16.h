#pragma once

#include <cstdint>
#include <cstring>

namespace staa::format {

/// The value of a bf16 number, which is the upper half of a float.
inline float from_bf16(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace staa::format
