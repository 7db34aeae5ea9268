#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "staa/format/dtype.h"
#include "staa/util/block.h"

/// Reading and writing safetensors files: 8 bytes of header length (little-endian), a JSON header,
/// and the tensors' bytes. A file holds numbers and text only; loading one can run no code.
namespace staa::format {

using Metadata = std::map<std::string, std::string>;

/// The metadata key under which our writer keeps a CRC-32 of the tensors' bytes.
inline constexpr const char* kChecksumKey = "staa.crc32";

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the file
  std::uint64_t bytes = 0;
};

/// A safetensors file in memory, checked whole before the constructor returns: the header's length
/// and syntax, every tensor's type, shape and place, that the tensors fill the rest of the file
/// without gap or overlap, and the checksum where there is one. Throws Error(kIo) when the file
/// cannot be read and Error(kInput) naming file, tensor and offset, what was expected and what was
/// found.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::filesystem::path& path);
  /// The same for bytes in memory; `source` stands for the file's name in messages.
  SafetensorsReader(const std::vector<std::uint8_t>& bytes, std::string source);

  const std::string& source() const { return source_; }
  const Metadata& metadata() const { return metadata_; }
  /// In the order in which they lie in the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// nullptr when there is none of that name.
  const TensorInfo* find(const std::string& name) const;
  /// First byte of a tensor of this file; valid as long as the reader.
  const std::uint8_t* data(const TensorInfo& tensor) const { return bytes_.data() + tensor.offset; }

 private:
  void parse();

  Block bytes_;
  std::string source_;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::size_t> by_name_;
};

/// Collects tensors and writes them as one file. The same tensors give the same bytes in whatever
/// order they were added: larger elements lie first, so that each is aligned, then the names' order
/// decides.
class SafetensorsWriter {
 public:
  /// `data` is not copied and must live until the file is written. Throws Error(kRuntime) for a
  /// name used twice or a negative extent.
  void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const void* data);

  void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  /// Writes the file whole or not at all, with a checksum in its metadata.
  void write(const std::filesystem::path& path) const;

  /// What write() writes.
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
