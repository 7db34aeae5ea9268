#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace staa::events {

/// What tells whether a file has changed: its path, size and time of change, as text. Throws
/// Error(kIo) for a file that cannot be looked at.
std::string stamp_of(const std::filesystem::path& file);

/// A hash of what is in a file and its length, as text: "1000 bytes, crc32 ..., adler32 ...". Reads
/// all of it, a block at a time. Throws Error(kIo) if it cannot be read.
std::string content_of(const std::filesystem::path& file);

/// FNV-1a, for names of files.
std::uint64_t hash_of(const std::string& text);

}  // namespace staa::events
