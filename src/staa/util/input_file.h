#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace staa {

/// A regular file open for random access. It can be read from many threads at once.
class InputFile {
 public:
  /// Throws Error(kIo) if it cannot be opened, and Error(kInput) if it is not a regular file.
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& name() const { return name_; }
  /// The size in bytes when it was opened.
  std::uint64_t size() const { return size_; }

  /// Fills `out` with the `count` bytes from `offset`. Throws Error(kIo) if they cannot be read or
  /// the file has become too short.
  void read_at(std::uint64_t offset, void* out, std::size_t count) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace staa
