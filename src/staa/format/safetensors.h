#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "staa/format/dtype.h"
#include "staa/util/block.h"

/// Reads and writes safetensors files: 8 bytes with the header's length (little-endian), a JSON
/// header, and the tensors' bytes. A file holds only numbers and text; loading one cannot run code.
namespace staa::format {

using Metadata = std::map<std::string, std::string>;

/// The metadata key under which our writer stores a CRC-32 of the tensors' bytes.
inline constexpr const char* kChecksumKey = "staa.crc32";

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  ///< offset of the first byte from the start of the file
  std::uint64_t bytes = 0;
};

/// A safetensors file in memory. The constructor checks all of it: the length and syntax of the
/// header; the type, shape and position of every tensor; that the tensors fill the rest of the file
/// without gap or overlap; and the checksum if there is one. Throws Error(kIo) if the file cannot
/// be read. Throws Error(kInput) naming file, tensor and offset, with what was expected and what
/// was found.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::filesystem::path& path);
  /// The same for bytes in memory; `source` replaces the file's name in messages.
  SafetensorsReader(const std::vector<std::uint8_t>& bytes, std::string source);

  const std::string& source() const { return source_; }
  const Metadata& metadata() const { return metadata_; }
  /// In the order of their positions in the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// The tensor with that name, or nullptr.
  const TensorInfo* find(const std::string& name) const;
  /// The first byte of a tensor of this file; valid as long as the reader exists.
  const std::uint8_t* data(const TensorInfo& tensor) const { return bytes_.data() + tensor.offset; }

 private:
  void parse();

  Block bytes_;
  std::string source_;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::size_t> by_name_;
};

/// Collects tensors and writes them to one file. The same tensors give the same bytes, whatever the
/// order in which they were added: tensors with larger elements come first, so that all are
/// aligned, and tensors with equal element size are sorted by name.
class SafetensorsWriter {
 public:
  /// `data` is not copied and must live until the file is written. Throws Error(kRuntime) for a
  /// repeated name or a negative extent.
  void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const void* data);

  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  /// Writes the file atomically, with a checksum in its metadata.
  void write(const std::filesystem::path& path) const;

  /// The bytes that write() writes.
  std::vector<std::uint8_t> serialize() const;

 private:
  struct Entry {
    TensorInfo info;  // offset from the start of the data
    const std::uint8_t* data;
  };

  std::vector<Entry> sorted() const;
  std::string header(const std::vector<Entry>& entries) const;

  std::vector<Entry> entries_;
  Metadata metadata_;
};

}  // namespace staa::format
