#include "staa/nir/heaps.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::nir {
namespace {

constexpr char kSuperblock[] = "\x89HDF\r\n\x1a\n";
constexpr char kHeap[] = "GCOL\x01";  // with the version, so that weights are not mistaken for it
constexpr std::size_t kHeapMark = sizeof kHeap - 1;
constexpr std::uint64_t kObjectHeader = 16;
constexpr std::uint64_t kHeapHeader = 16;

std::uint64_t little_endian(const unsigned char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

/// Reads a file's bytes, as far as it has any.
class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& path) : file_(path) {}

  std::uint64_t size() const { return file_.size(); }
  const std::string& name() const { return file_.name(); }

  std::vector<unsigned char> at(std::uint64_t offset, std::uint64_t count) const {
    const auto there = offset < size() ? std::min(count, size() - offset) : 0;
    std::vector<unsigned char> bytes(there);
    if (there > 0) file_.read_at(offset, bytes.data(), bytes.size());
    return bytes;
  }

 private:
  InputFile file_;
};

[[noreturn]] void refuse(const Bytes& file, std::uint64_t offset, const char* what) {
  fail(ErrorKind::kInput, "{}: offset {}: {}: the file is damaged or cut off", file.name(), offset,
       what);
}

/// The number of bytes in which the file writes sizes, or 0 if it has no superblock, which HDF5
/// itself will say.
std::size_t bytes_of_sizes(const Bytes& file) {
  for (std::uint64_t at = 0; at < file.size(); at = at == 0 ? 512 : 2 * at) {
    const auto block = file.at(at, 16);
    if (block.size() < 16 || std::memcmp(block.data(), kSuperblock, 8) != 0) continue;
    const bool is_new = block[8] >= 2;  // the version
    const std::size_t bytes = block[is_new ? 10 : 14];
    if (bytes != 2 && bytes != 4 && bytes != 8) {
      refuse(file, at, "sizes are neither of 2, 4 nor 8 bytes");
    }
    return bytes;
  }
  return 0;
}

/// Walks the objects of the heap at `start`. Returns the heap's end.
std::uint64_t check_heap(const Bytes& file, std::uint64_t start, std::size_t bytes) {
  const auto header = file.at(start, kHeapHeader);
  if (header.size() < kHeapHeader) refuse(file, start, "a heap of texts ends too early");
  const auto size = little_endian(header.data() + 8, bytes);
  if (size < kHeapHeader || size > file.size() - start) {
    refuse(file, start, "a heap of texts is larger than the file, or smaller than its own header");
  }
  const auto heap = file.at(start, size);
  auto at = kHeapHeader;
  while (size - at >= kObjectHeader) {
    const auto* object = heap.data() + at;
    const auto claimed = little_endian(object + 8, bytes);
    const bool is_free = little_endian(object, 2) == 0;  // object 0 is what remains
    const auto room = size - at - (is_free ? 0 : kObjectHeader);
    if (claimed > room || (is_free && claimed == 0)) {
      refuse(file, start + at, "a text is longer than the heap that holds it");
    }
    const auto padded = (claimed + 7) / 8 * 8;
    at += std::min(is_free ? claimed : kObjectHeader + padded, size - at);
  }
  return start + size;
}

}  // namespace

void check_heaps(const std::filesystem::path& path) {
  const Bytes file(path);
  const auto bytes = bytes_of_sizes(file);
  if (bytes == 0) return;
  constexpr std::uint64_t kBlock = 1 << 20;
  std::uint64_t first = 0;
  while (first < file.size()) {
    const auto block = file.at(first, kBlock + kHeapMark - 1);
    const auto found = std::search(block.begin(), block.end(), kHeap, kHeap + kHeapMark);
    if (found == block.end()) {
      first += kBlock;
    } else {
      first = check_heap(file, first + static_cast<std::uint64_t>(found - block.begin()), bytes);
    }
  }
}

}  // namespace staa::nir
