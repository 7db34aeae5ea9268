#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "staa/util/random.h"
#include "support/support.h"

namespace staa::test {

/// Writes a small idx data set (the four files of the MNIST family, uncompressed) that a network
/// can learn: each class is a bright square at its own position, with noise.
inline void write_tiny_mnist(const std::filesystem::path& folder, int train, int test,
                             int size = 12) {
  const auto big_endian = [](std::uint32_t v) {
    return std::string{static_cast<char>(v >> 24), static_cast<char>(v >> 16),
                       static_cast<char>(v >> 8), static_cast<char>(v)};
  };
  const auto write = [&](const std::string& prefix, int count, std::uint64_t seed) {
    Random random{seed};
    auto images = big_endian(0x803) + big_endian(static_cast<std::uint32_t>(count)) +
                  big_endian(static_cast<std::uint32_t>(size)) +
                  big_endian(static_cast<std::uint32_t>(size));
    auto labels = big_endian(0x801) + big_endian(static_cast<std::uint32_t>(count));
    for (int i = 0; i < count; ++i) {
      const int label = i % 10;
      labels += static_cast<char>(label);
      const int top = label / 4 * (size / 3);
      const int left = label % 4 * (size / 4);
      for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
          const bool bright = y >= top && y < top + size / 3 && x >= left && x < left + size / 4;
          images += static_cast<char>((bright ? 180 : 0) + random.below(60));
        }
      }
    }
    write_bytes(folder / (prefix + "-images-idx3-ubyte"), images);
    write_bytes(folder / (prefix + "-labels-idx1-ubyte"), labels);
  };
  write("train", train, 1);
  write("t10k", test, 2);
}

}  // namespace staa::test
