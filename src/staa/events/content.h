#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace staa::events {

/// Identifies a version of a file: its path, size and time of change, as text. Throws Error(kIo) if
/// they cannot be determined.
std::string stamp_of(const std::filesystem::path& file);

/// A hash of a file's content, with its length, as text: "1000 bytes, crc32 ..., adler32 ...".
/// Reads the whole file block by block. Throws Error(kIo) if it cannot be read.
std::string content_of(const std::filesystem::path& file);

/// The FNV-1a hash, for file names.
std::uint64_t hash_of(const std::string& text);

}  // namespace staa::events
