#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace staa {

/// Reads a whole regular file. A file larger than `max_bytes` is refused before any memory is
/// allocated. Throws Error(kIo) if it cannot be read, and Error(kInput) if it is too large.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path,
                                    std::uint64_t max_bytes = std::uint64_t{16} << 30);

/// Reads into `bytes`, whose memory is reused if it is large enough.
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes,
               std::uint64_t max_bytes = std::uint64_t{16} << 30);

/// Like read_file(), but returns a text.
std::string read_text_file(const std::filesystem::path& path,
                           std::uint64_t max_bytes = std::uint64_t{64} << 20);

/// A file that is written atomically: bytes go to a temporary file in the same folder, which
/// commit() flushes to the disk and renames. If the writer is destroyed without commit(), an
/// existing file stays unchanged. If `path` is a link, its target is written. Anything other than a
/// regular file (a device, a FIFO, or a descriptor of this process such as /dev/stdout or a shell's
/// process substitution) is written directly. Not thread-safe. Every failure throws Error(kIo).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Flushes the file, renames it to the target, and flushes the folder. `durable` = false skips
  /// both flushes, for files that can be made again after a power cut.
  void commit(bool durable = true);

 private:
  std::filesystem::path path_;       ///< as given
  std::filesystem::path target_;     ///< the final path
  std::filesystem::path temporary_;  ///< empty if the bytes are written directly
  int descriptor_ = -1;
};

/// Writes `text` to `path` through an AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
void write_file_atomically(const std::filesystem::path& path,
                           const std::vector<std::uint8_t>& bytes);

/// Creates a folder and its parents. Throws Error(kIo) naming the folder on failure.
void make_folder(const std::filesystem::path& path);

}  // namespace staa
