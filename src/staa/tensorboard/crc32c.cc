#include "staa/tensorboard/crc32c.h"

#include <array>

namespace staa::tensorboard {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;
constexpr std::uint32_t kMaskDelta = 0xa282ead8;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32c(const void* bytes, std::size_t count) {
  const auto* byte = static_cast<const std::uint8_t*>(bytes);
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < count; ++i) crc = (crc >> 8) ^ kTable[(crc ^ byte[i]) & 0xff];
  return ~crc;
}

std::uint32_t masked_crc32c(const void* bytes, std::size_t count) {
  const auto crc = crc32c(bytes, count);
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

}  // namespace staa::tensorboard
