#include "staa/data/sets/cifar_manifest.h"

#include <charconv>
#include <set>
#include <sstream>
#include <string_view>

#include "staa/data/image.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::int64_t kMaxRecords = std::int64_t{1} << 32;

/// Parses "KEY NUMBER" with a number in [0, kMaxRecords]. Errors name `where`.
CifarManifest::File parse_line(const std::string& where, std::string_view line) {
  const auto space = line.find(' ');
  if (space != std::string_view::npos && space > 0) {
    const auto digits = line.substr(space + 1);
    std::int64_t value = -1;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code == std::errc() && end == digits.data() + digits.size() && value >= 0 &&
        value <= kMaxRecords) {
      return {std::string(line.substr(0, space)), value};
    }
  }
  fail(ErrorKind::kInput, "{}: expected \"key number\", found \"{}\"", where, line);
}

bool is_data_file(const std::string& name) {
  if (name == kCifarTestName) return true;
  // The name is used to open a file, so only the exact pattern is accepted.
  constexpr std::string_view kPrefix = "data_batch_";
  constexpr std::string_view kSuffix = ".bin";
  if (name.size() <= kPrefix.size() + kSuffix.size()) return false;
  const auto digits = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  return name.compare(0, kPrefix.size(), kPrefix) == 0 &&
         name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0 &&
         digits.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string cifar_batch_name(std::int64_t number) {
  return fmt::format("data_batch_{}.bin", number);
}

CifarManifest read_cifar_manifest(const std::filesystem::path& path) {
  std::istringstream lines(read_text_file(path, std::uint64_t{1} << 20));
  CifarManifest manifest;
  std::int64_t format = 0;
  std::set<std::string> seen;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto where = fmt::format("{}: line {}", path.string(), number);
    const auto entry = parse_line(where, line);
    if (!seen.insert(entry.name).second) {
      fail(ErrorKind::kInput, "{}: {} stands here a second time", where, entry.name);
    }
    if (entry.name == "format") {
      format = entry.records;
    } else if (entry.name == "channels") {
      manifest.shape.channels = entry.records;
    } else if (entry.name == "height") {
      manifest.shape.height = entry.records;
    } else if (entry.name == "width") {
      manifest.shape.width = entry.records;
    } else if (is_data_file(entry.name)) {
      manifest.files.push_back(entry);
    } else {
      fail(ErrorKind::kInput, "{}: unknown key {}", where, entry.name);
    }
  }
  if (format != kFormat) {
    fail(ErrorKind::kInput, "{}: expected format {}, found {}", path.string(), kFormat, format);
  }
  check_image_extent(path.string(), manifest.shape.width, manifest.shape.height);
  if (manifest.shape.channels != 1 && manifest.shape.channels != 3) {
    fail(ErrorKind::kInput, "{}: expected 1 or 3 channels, found {}", path.string(),
         manifest.shape.channels);
  }
  return manifest;
}

void write_cifar_manifest(const std::filesystem::path& path, const CifarManifest& manifest) {
  std::string text =
      fmt::format("format {}\nchannels {}\nheight {}\nwidth {}\n", kFormat, manifest.shape.channels,
                  manifest.shape.height, manifest.shape.width);
  for (const auto& file : manifest.files) text += fmt::format("{} {}\n", file.name, file.records);
  write_file_atomically(path, text);
}

}  // namespace staa::data
