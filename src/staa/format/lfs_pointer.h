#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace staa::format {

/// Whether a file is a Git LFS pointer, the text that replaces a file that was not fetched.
inline bool is_lfs_pointer(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::string_view kStart = "version https://git-lfs.github.com/spec/";
  return count >= kStart.size() && std::memcmp(bytes, kStart.data(), kStart.size()) == 0;
}

/// The message about such a file.
constexpr const char* kLfsPointer =
    "a pointer of Git LFS in place of the file itself: fetch it with `git lfs pull`";

}  // namespace staa::format
