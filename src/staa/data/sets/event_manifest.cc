#include "staa/data/sets/event_manifest.h"

#include <charconv>
#include <cstdint>
#include <sstream>

#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

constexpr std::int64_t kMaxEdge = 4096;

}  // namespace

EventManifest read_event_manifest(const std::filesystem::path& path) {
  EventManifest manifest;
  std::istringstream text(read_text_file(path));
  std::int64_t number = 0;
  std::int64_t format = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const auto refuse = [&](const std::string& expected) {
      fail(ErrorKind::kInput, "{}:{}: expected {}, found \"{}\"", path.string(), number, expected,
           line.substr(0, 80));
    };
    const auto blank = line.find(' ');
    const auto key = line.substr(0, blank);
    const auto value = blank == std::string::npos ? "" : line.substr(blank + 1);
    const auto whole = [&](std::int64_t low, std::int64_t high) {
      std::int64_t parsed = 0;
      const auto* end = value.data() + value.size();
      const auto result = std::from_chars(value.data(), end, parsed);
      const bool fits = result.ec == std::errc() && result.ptr == end;
      if (!fits || parsed < low || parsed > high) {
        refuse(fmt::format("\"{} N\" with N from {} to {}", key, low, high));
      }
      return parsed;
    };
    if (key == "format") {
      format = whole(1, 1);
    } else if (key == "name") {
      manifest.name = value;
    } else if (key == "width") {
      manifest.sensor.width = whole(1, kMaxEdge);
    } else if (key == "height") {
      manifest.sensor.height = whole(1, kMaxEdge);
    } else if (key == "cifar10-dvs-addresses") {
      manifest.cifar10_dvs_addresses = whole(0, 1) == 1;
    } else {
      refuse("format, name, width, height or cifar10-dvs-addresses");
    }
  }
  if (format == 0 || manifest.name.empty() || manifest.sensor.width == 0 ||
      manifest.sensor.height == 0) {
    fail(ErrorKind::kInput, "{}:{}: expected format, name, width and height before the end",
         path.string(), number);
  }
  return manifest;
}

void write_event_manifest(const std::filesystem::path& path, const EventManifest& manifest) {
  write_file_atomically(
      path, fmt::format("format 1\nname {}\nwidth {}\nheight {}\ncifar10-dvs-addresses {}\n",
                        manifest.name, manifest.sensor.width, manifest.sensor.height,
                        manifest.cifar10_dvs_addresses ? 1 : 0));
}

}  // namespace staa::data
