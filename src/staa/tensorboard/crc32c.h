#pragma once

#include <cstddef>
#include <cstdint>

namespace staa::tensorboard {

/// CRC-32C (Castagnoli polynomial, reflected, as in RFC 3720).
std::uint32_t crc32c(const void* bytes, std::size_t count);

/// The CRC-32C of a record as TFRecord files keep it: rotated and shifted, so that the CRC of bytes
/// that hold a CRC is not a fixed point.
std::uint32_t masked_crc32c(const void* bytes, std::size_t count);

}  // namespace staa::tensorboard
