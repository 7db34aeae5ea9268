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

/// The number of bytes in which the file writes sizes, or 0 where HDF5 will find no superblock.
std::size_t bytes_of_sizes(const Bytes& file) {
  for (std::uint64_t at = 0; at < file.size(); at = at == 0 ? 512 : 2 * at) {
    const auto block = file.at(at, 16);
    if (block.size() < 16 || std::memcmp(block.data(), kSuperblock, 8) != 0) continue;
    const bool is_new = block[8] >= 2;  // the version
    const std::size_t bytes = block[is_new ? 10 : 14];
    return bytes <= 8 ? bytes : 0;
  }
  return 0;
}

/// Walks the objects of the heap at `start`.
void check_heap(const Bytes& file, std::uint64_t start, std::size_t bytes) {
  const auto refuse = [&](std::uint64_t offset, const char* what) {
    fail(ErrorKind::kInput, "{}: offset {}: {}: the file is damaged or cut off", file.name(),
         offset, what);
  };
  const auto header = file.at(start, kHeapHeader);
  if (header.size() < kHeapHeader) refuse(start, "a heap of texts ends too early");
  const auto size = little_endian(header.data() + 8, bytes);
  if (size < kHeapHeader || size > file.size() - start) {
    refuse(start, "a heap of texts is larger than the file, or smaller than its own header");
  }
  const auto end = start + size;
  auto at = start + kHeapHeader;
  while (end - at >= kObjectHeader) {
    const auto object = file.at(at, kObjectHeader);
    const auto claimed = little_endian(object.data() + 8, bytes);
    const bool is_free = little_endian(object.data(), 2) == 0;  // object 0 is what remains
    const auto room = end - at - (is_free ? 0 : kObjectHeader);
    if (claimed > room || (is_free && claimed == 0)) {
      refuse(at, "a text is longer than the heap that holds it");
    }
    const auto padded = (claimed + 7) / 8 * 8;
    at += std::min(is_free ? claimed : kObjectHeader + padded, end - at);
  }
}

}  // namespace

void check_heaps(const std::filesystem::path& path) {
  const Bytes file(path);
  const auto bytes = bytes_of_sizes(file);
  if (bytes == 0) return;  // no HDF5 file, which is what HDF5 itself will say
  constexpr std::uint64_t kBlock = 1 << 20;
  for (std::uint64_t first = 0; first < file.size(); first += kBlock) {
    const auto block = file.at(first, kBlock + kHeapMark - 1);
    auto found = block.begin();
    while (true) {
      found = std::search(found, block.end(), kHeap, kHeap + kHeapMark);
      if (found == block.end()) break;
      check_heap(file, first + static_cast<std::uint64_t>(found - block.begin()), bytes);
      ++found;
    }
  }
}

}  // namespace staa::nir
