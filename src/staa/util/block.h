#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace staa {

/// Uninitialised memory for many values, aligned to a cache line. A large block uses huge pages if
/// the system has them, which saves page faults and TLB misses.
class Block {
 public:
  Block() = default;
  explicit Block(std::size_t bytes);

  std::uint8_t* data() { return bytes_.get(); }
  const std::uint8_t* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::size_t size_ = 0;
};

/// Reads a whole regular file. Throws Error(kIo) if it cannot be read.
Block read_block(const std::filesystem::path& path);

}  // namespace staa
