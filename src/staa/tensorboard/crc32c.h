#pragma once

#include <cstddef>
#include <cstdint>

namespace staa::tensorboard {

/// CRC-32C (Castagnoli polynomial, reflected, as in RFC 3720).
std::uint32_t crc32c(const void* bytes, std::size_t count);

/// The CRC-32C of a record in the form of TFRecord files: rotated and shifted, since the CRC of
/// data that contain their own CRC would be a constant.
std::uint32_t masked_crc32c(const void* bytes, std::size_t count);

}  // namespace staa::tensorboard
