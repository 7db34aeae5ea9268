#include "staa/events/prophesee_header.h"

#include <charconv>

namespace staa::events {
namespace {

constexpr std::int64_t kMostPixels = 65536;  // maximum width or height
constexpr Sensor kGen3{640, 480};
constexpr Sensor kGen4{1280, 720};
constexpr Sensor kGenX320{320, 320};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The integer at the start of `text`; 0 if there is none or it cannot be a width or height.
std::int64_t edge(std::string_view text) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && value > 0 && value <= kMostPixels ? value : 0;
}

/// Parses "1280x720".
Sensor geometry(std::string_view text) {
  const auto cross = text.find('x');
  if (cross == std::string_view::npos) return {};
  const Sensor sensor{edge(text), edge(text.substr(cross + 1))};
  return sensor.width > 0 && sensor.height > 0 ? sensor : Sensor{};
}

/// The sensor of a camera, given the name of its plug-in or chip.
Sensor sensor_of_camera(std::string_view name) {
  if (contains(name, "genx320") || contains(name, "GenX320")) return kGenX320;
  if (contains(name, "gen4") || contains(name, "imx636") || contains(name, "IMX636")) return kGen4;
  if (contains(name, "gen3")) return kGen3;
  return {};
}

/// Parses "EVT3;height=720;width=1280;endianness=legacy".
void read_format(std::string_view text, PropheseeHeader& header) {
  if (contains(text, "endianness=legacy")) header.swapped = true;
  const auto name = text.substr(0, text.find(';'));
  if (name == "EVT2") header.evt = "2.0";
  if (name == "EVT21") header.evt = "2.1";
  if (name == "EVT3") header.evt = "3.0";
  const auto number_of = [&](std::string_view key) {
    const auto at = text.find(key);
    return at == std::string_view::npos ? 0 : edge(text.substr(at + key.size()));
  };
  const Sensor sensor{number_of("width="), number_of("height=")};
  if (sensor.width > 0 && sensor.height > 0) header.sensor = sensor;
}

}  // namespace

void read_prophesee_line(std::string_view line, PropheseeHeader& header) {
  const auto blank = line.find(' ');
  const auto key = line.substr(0, blank);
  const auto value = blank == std::string_view::npos ? "" : line.substr(blank + 1);
  if (key == "evt") header.evt = value;
  if (key == "format") read_format(value, header);
  if (key == "endianness" && value == "legacy") header.swapped = true;
  if (key == "Version") header.version = edge(value);
  if (key == "Width") header.sensor.width = edge(value);
  if (key == "Height") header.sensor.height = edge(value);
  if (key == "geometry" && !(geometry(value) == Sensor{})) header.sensor = geometry(value);
  if ((key == "plugin_name" || key == "sensor_name") && header.sensor == Sensor{}) {
    header.sensor = sensor_of_camera(value);
  }
}

PropheseeHeader read_prophesee_header(ByteReader& reader) {
  PropheseeHeader header;
  // Older cameras write no line "% end"; the first event is then what does not begin with "% ".
  while (reader.starts_with("% ")) {
    const auto line = reader.take_line("line of the header").substr(2);
    if (line == "end") break;
    read_prophesee_line(line, header);
  }
  if (header.sensor.width == 0 || header.sensor.height == 0) header.sensor = {};
  return header;
}

}  // namespace staa::events
