#include "staa/util/block.h"

#include <sys/mman.h>

#include <new>

#include "staa/util/input_file.h"

namespace staa {

Block::Block(std::size_t bytes) : size_(bytes) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const bool large = bytes >= 2 * kHugePage;
  const auto alignment = large ? kHugePage : kLine;
  const auto whole = (bytes + alignment - 1) / alignment * alignment;
  bytes_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(alignment, whole)));
  if (bytes_ == nullptr && whole > 0) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // This is only advice: a system without huge pages ignores it.
  if (large) (void)::madvise(bytes_.get(), whole, MADV_HUGEPAGE);
#endif
}

Block read_block(const std::filesystem::path& path) {
  const InputFile file(path);
  Block block(file.size());
  file.read_at(0, block.data(), block.size());
  return block;
}

}  // namespace staa
