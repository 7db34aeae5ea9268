#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace staa {

/// Reads a whole regular file. `max_bytes` bounds what is read: a larger file is refused before any
/// memory is taken. Throws Error(kIo) if it cannot be read, Error(kInput) if it is too large.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path,
                                    std::uint64_t max_bytes = std::uint64_t{16} << 30);

/// The same into `bytes`, whose memory serves again where it is large enough.
void read_file(const std::filesystem::path& path, std::vector<std::uint8_t>& bytes,
               std::uint64_t max_bytes = std::uint64_t{16} << 30);

/// read_file as text.
std::string read_text_file(const std::filesystem::path& path,
                           std::uint64_t max_bytes = std::uint64_t{64} << 20);

/// A file that appears under its name whole or not at all: bytes go to a temporary file beside it;
/// commit() flushes them to the disk and renames. A writer destroyed without commit() leaves the
/// old file, if there was one, as it was. Of a link the file that it leads to is written. What is
/// no regular file (a device, a FIFO, a descriptor of this process such as /dev/stdout or a shell's
/// process substitution) stays and is written through. Not thread-safe. Every failure throws
/// Error(kIo).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// fsync, rename over the target, fsync of the folder. `durable` = false leaves both fsyncs out,
  /// for what is made anew if a power cut takes it.
  void commit(bool durable = true);

 private:
  std::filesystem::path path_;       ///< as it was given
  std::filesystem::path target_;     ///< what the finished file becomes
  std::filesystem::path temporary_;  ///< empty where the bytes go straight to their place
  int descriptor_ = -1;
};

/// Writes `text` to `path` through an AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);
void write_file_atomically(const std::filesystem::path& path,
                           const std::vector<std::uint8_t>& bytes);

/// Makes a folder and its parents; throws Error(kIo) naming it on failure.
void make_folder(const std::filesystem::path& path);

}  // namespace staa
