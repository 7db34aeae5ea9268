#include "staa/events/frame_cache.h"

#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "staa/events/content.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

namespace fs = std::filesystem;

// Must change whenever the same recording and options would give other frames or another file.
constexpr const char* kVersion = "staa frames 3";

/// The path of the cache file for a text.
fs::path file_of(const fs::path& folder, const char* kind, const std::string& text) {
  const auto name = fmt::format("{:016x}", hash_of(text));
  return folder / kind / name.substr(0, 2) / name.substr(2);
}

/// The hash of the recording's content: from the cache if it was read before and has not changed
/// since, else from the recording, in which case it is stored.
std::string content_by_stamp(const fs::path& folder, const Recording& recording,
                             const std::string& stamp) {
  const auto path = file_of(folder, "contents", stamp);
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    const auto kept = read_text_file(path);
    const bool same = kept.size() > stamp.size() + 1 && kept.back() == '\n' &&
                      kept.compare(0, stamp.size(), stamp) == 0;
    if (same) return kept.substr(stamp.size(), kept.size() - stamp.size() - 1);
  }
  auto content = content_of(recording.path);
  make_folder(path.parent_path());
  AtomicFile file(path);
  file.write(stamp + content + '\n');
  file.commit(/*durable=*/false);
  return content;
}

/// Everything that determines the frames of a recording, as text; `content` is the hash of the
/// file.
std::string key_of(const std::string& content, const Recording& recording,
                   const FrameOptions& options) {
  return fmt::format("{}\n{}\n{} {}x{} from {} to {}\n{} steps by {} of {}x{}\n", kVersion, content,
                     to_string(recording.format), recording.sensor.width, recording.sensor.height,
                     recording.begin, recording.end, options.steps,
                     options.slice_by == SliceBy::kCount ? "count" : "time", options.size.width,
                     options.size.height);
}

/// The header between the key and the packed values.
struct Header {
  std::int64_t steps = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::uint64_t events = 0;
  Skipped skipped;
  std::uint32_t unit = 0;
  std::uint32_t value_bytes = 0;  ///< 1, 2 or 4
  std::uint32_t packed_bytes = 0;
  std::uint32_t checksum = 0;  ///< of the header, with its checksum set to 0, and the packed values
};

std::uint32_t checksum_of(Header header, const std::uint8_t* packed) {
  header.checksum = 0;
  const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(&header), sizeof(header));
  return static_cast<std::uint32_t>(::crc32_z(sum, packed, header.packed_bytes));
}

/// Packs the values with as few bytes per value as the largest needs.
template <typename T>
std::vector<std::uint8_t> narrow(const std::vector<std::uint32_t>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

template <typename T>
void widen(const std::vector<std::uint8_t>& bytes, std::vector<std::uint32_t>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = value;
  }
}

std::vector<std::uint8_t> pack(const std::vector<std::uint8_t>& bytes) {
  uLongf count = ::compressBound(bytes.size());
  std::vector<std::uint8_t> packed(count);
  if (::compress2(packed.data(), &count, bytes.data(), bytes.size(), Z_BEST_SPEED) != Z_OK) {
    fail(ErrorKind::kRuntime, "cannot pack frames: out of memory");
  }
  packed.resize(count);
  return packed;
}

void write(const fs::path& path, const std::string& key, const Frames& frames) {
  std::uint32_t largest = 0;
  for (const auto value : frames.values) largest = std::max(largest, value);
  const std::uint32_t value_bytes = largest <= 0xff ? 1 : largest <= 0xffff ? 2 : 4;
  const auto packed = pack(value_bytes == 1   ? narrow<std::uint8_t>(frames.values)
                           : value_bytes == 2 ? narrow<std::uint16_t>(frames.values)
                                              : narrow<std::uint32_t>(frames.values));
  Header header;
  header.steps = frames.shape.steps;
  header.height = frames.shape.height;
  header.width = frames.shape.width;
  header.events = frames.events;
  header.skipped = frames.skipped;
  header.unit = frames.unit;
  header.value_bytes = value_bytes;
  header.packed_bytes = static_cast<std::uint32_t>(packed.size());
  header.checksum = checksum_of(header, packed.data());
  make_folder(path.parent_path());
  AtomicFile file(path);
  file.write(key);
  file.write(&header, sizeof(header));
  file.write(packed.data(), packed.size());
  file.commit(/*durable=*/false);  // after a power cut the frames are simply made again
}

/// The frames in a cache file, or nothing if it is not exactly what write() makes for `key`.
std::optional<Frames> parse(const std::vector<std::uint8_t>& bytes, const std::string& key,
                            const FrameShape& shape) {
  Header header;
  const std::size_t begin = key.size() + sizeof(header);
  if (bytes.size() < begin || std::memcmp(bytes.data(), key.data(), key.size()) != 0) return {};
  std::memcpy(&header, bytes.data() + key.size(), sizeof(header));
  const bool whole = FrameShape{header.steps, header.height, header.width} == shape &&
                     header.packed_bytes == bytes.size() - begin &&
                     header.checksum == checksum_of(header, bytes.data() + begin);
  if (!whole) return {};
  Frames frames;
  frames.shape = shape;
  frames.unit = header.unit;
  frames.events = header.events;
  frames.skipped = header.skipped;
  frames.values.resize(shape.values());
  std::vector<std::uint8_t> narrow(frames.values.size() * header.value_bytes);
  uLongf count = narrow.size();
  if (::uncompress(narrow.data(), &count, bytes.data() + begin, header.packed_bytes) != Z_OK ||
      count != narrow.size()) {
    return {};
  }
  if (header.value_bytes == 1) widen<std::uint8_t>(narrow, frames.values);
  if (header.value_bytes == 2) widen<std::uint16_t>(narrow, frames.values);
  if (header.value_bytes == 4) widen<std::uint32_t>(narrow, frames.values);
  return frames;
}

/// The frames that are stored under `key`, or nothing.
std::optional<Frames> load(const fs::path& path, const std::string& key, const FrameShape& shape) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  return parse(read_file(path), key, shape);
}

}  // namespace

std::optional<Frames> FrameCache::find(const Recording& recording,
                                       const FrameOptions& options) const {
  if (folder_.empty()) return {};
  const auto content = content_by_stamp(folder_, recording, stamp_of(recording.path));
  const auto key = key_of(content, recording, options);
  return load(file_of(folder_, "frames", key), key, frame_shape(recording.sensor, options));
}

Frames FrameCache::get(const Recording& recording, const FrameOptions& options) const {
  if (folder_.empty()) return integrate(*open_recording(recording), options);
  const auto stamp = stamp_of(recording.path);
  const auto key = key_of(content_by_stamp(folder_, recording, stamp), recording, options);
  const auto path = file_of(folder_, "frames", key);
  if (auto kept = load(path, key, frame_shape(recording.sensor, options))) return std::move(*kept);
  auto frames = integrate(*open_recording(recording), options);
  // If the recording has been written to in the meantime, the hash in the key may not be of this
  // content.
  if (stamp_of(recording.path) == stamp) write(path, key, frames);
  return frames;
}

fs::path default_cache_folder() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const auto own = variable("STAA_CACHE"); !own.empty()) return own;
  if (const auto user = variable("XDG_CACHE_HOME"); !user.empty()) return fs::path(user) / "staa";
  if (const auto home = variable("HOME"); !home.empty()) return fs::path(home) / ".cache" / "staa";
  return {};
}

}  // namespace staa::events
