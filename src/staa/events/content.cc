#include "staa/events/content.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::events {

namespace fs = std::filesystem;

std::string stamp_of(const fs::path& file) {
  std::error_code code;
  const auto path = fs::weakly_canonical(file, code);
  const auto size = fs::file_size(file, code);
  if (code) fail(ErrorKind::kIo, "{}: cannot open: {}", file.string(), code.message());
  const auto changed = fs::last_write_time(file, code);
  if (code) fail(ErrorKind::kIo, "{}: cannot open: {}", file.string(), code.message());
  return fmt::format("{}\n{} bytes, changed {}\n", path.string(), size,
                     changed.time_since_epoch().count());
}

std::string content_of(const fs::path& path) {
  const InputFile file(path);
  std::vector<std::uint8_t> block(std::min<std::uint64_t>(file.size(), std::uint64_t{1} << 18));
  // A single 32-bit sum is not enough for 100,000 recordings.
  auto crc = ::crc32_z(0, nullptr, 0);
  auto adler = ::adler32_z(0, nullptr, 0);
  for (std::uint64_t offset = 0; offset < file.size();) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size() - offset));
    file.read_at(offset, block.data(), count);
    crc = ::crc32_z(crc, block.data(), count);
    adler = ::adler32_z(adler, block.data(), count);
    offset += count;
  }
  return fmt::format("{} bytes, crc32 {:08x}, adler32 {:08x}", file.size(), crc, adler);
}

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return value;
}

}  // namespace staa::events
