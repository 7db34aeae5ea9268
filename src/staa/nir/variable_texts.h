#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "staa/events/hdf5_handle.h"
#include "staa/util/input_file.h"

namespace staa::nir {

/// The texts of variable length in an HDF5 file. A dataset of them holds references into global
/// heaps (HDF5 File Format Specification, III.E). They are read here, every length checked, because
/// HDF5 1.10 believes sizes and indices that a damaged file claims and reads beyond its memory.
class VariableTexts {
 public:
  /// `file` is the opened file at `path`. Throws Error(kIo) if it cannot be read, and Error(kInput)
  /// if it writes addresses or sizes in numbers of other than 2, 4 or 8 bytes.
  VariableTexts(const std::filesystem::path& path, const events::Hdf5Handle& file);

  /// The `count` texts whose references start at byte `offset` of the file. Throws Error(kInput)
  /// with the offset of what is damaged, and if a text has more than `most` bytes.
  std::vector<std::string> read(std::uint64_t offset, std::size_t count, std::size_t most);

 private:
  struct Object {
    std::uint64_t offset = 0;  ///< in the file
    std::uint64_t size = 0;
  };
  using Heap = std::map<std::uint64_t, Object>;  // by index

  [[noreturn]] void refuse(std::uint64_t offset, const std::string& what) const;
  std::vector<unsigned char> bytes(std::uint64_t offset, std::uint64_t count,
                                   const char* what) const;
  const Heap& heap(std::uint64_t offset);
  Heap read_heap(std::uint64_t start);

  InputFile file_;
  std::uint64_t base_ = 0;  // what addresses are relative to
  std::size_t address_bytes_ = 8;
  std::size_t size_bytes_ = 8;
  std::map<std::uint64_t, Heap> heaps_;  // by offset
  // How many bytes may still be read: a damaged file may list the same bytes any number of times.
  std::uint64_t left_in_heaps_;
  std::uint64_t left_in_texts_ = std::uint64_t{1} << 28;
};

}  // namespace staa::nir
