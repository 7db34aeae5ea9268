// `staa data events FILE` describes, filters, converts and draws a recording.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "plain/data_events.h"
#include "staa/events/filters.h"
#include "staa/events/summary.h"
#include "staa/events/writer.h"
#include "staa/pictures/event_picture.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct RecordingOptions {
  std::string file;
  std::string sensor;
  bool cifar10_dvs = false;
  std::string crop;
  std::string from;
  std::string to;
  double hot_pixels = 0;
  std::string background;
  bool salvage = false;
  std::string convert;
  std::string picture;
  std::string frame;
  bool json = false;

  bool changes() const {
    return !crop.empty() || !from.empty() || !to.empty() || hot_pixels > 0 || !background.empty();
  }
};

/// Parses "WxH+X+Y".
events::Area parse_area(const std::string& text) {
  events::Area area;
  const auto plus = text.find('+');
  int end = 0;
  long long x = 0;
  long long y = 0;
  const bool read = plus != std::string::npos &&
                    std::sscanf(text.c_str() + plus, "+%5lld+%5lld%n", &x, &y, &end) == 2 &&
                    plus + static_cast<std::size_t>(end) == text.size();
  if (!read) {
    fail(ErrorKind::kUsage, "--crop: expected WIDTHxHEIGHT+X+Y such as 128x128+10+20, found '{}'",
         text);
  }
  return {x, y, events::parse_size(text.substr(0, plus), "--crop")};
}

/// A recording with what its file states or its events show.
struct Found {
  events::Recording recording;
  bool stated = false;  ///< whether the file or the caller states the sensor
  events::Summary whole;
  std::string broken;  ///< why reading stopped early; "" if it did not
};

std::unique_ptr<events::Salvage> open(const Found& found) {
  return std::make_unique<events::Salvage>(events::open_recording(found.recording));
}

Found look_at(const RecordingOptions& options) {
  Found found;
  auto& recording = found.recording;
  recording.path = options.file;
  recording.format = events::format_of(options.file);
  if (options.cifar10_dvs && recording.format == events::Format::kAedat2) {
    recording.format = events::Format::kAedat2Cifar10;
  }
  if (!options.sensor.empty()) recording.sensor = events::parse_size(options.sensor, "--sensor");
  found.stated = !options.sensor.empty() ||
                 !(events::stated_sensor(recording.path, recording.format) == events::Sensor{});
  const auto stream = open(found);
  found.whole = events::summarise(*stream);
  found.broken = stream->broken();
  if (!found.stated) recording.sensor = found.whole.occupied;
  if (found.stated) recording.sensor = stream->sensor();
  if (recording.sensor == events::Sensor{}) recording.sensor = {1, 1};  // without events
  return found;
}

/// The recording's events after the filters of `options`.
std::unique_ptr<events::EventStream> filtered(const RecordingOptions& options, const Found& found) {
  std::unique_ptr<events::EventStream> stream = open(found);
  // Hot pixels are found in the whole recording, even if only a part of it is kept.
  if (options.hot_pixels > 0) {
    auto hot = events::find_hot_pixels(*stream, options.hot_pixels);
    stream = events::without_pixels(std::move(stream), std::move(hot));
  }
  if (!options.background.empty()) {
    stream = events::without_background(std::move(stream),
                                        events::parse_time(options.background, "--background"));
  }
  if (!options.from.empty() || !options.to.empty()) {
    const auto first = found.whole.extent.first;
    const auto begin = options.from.empty() ? std::numeric_limits<std::int64_t>::min()
                                            : first + events::parse_time(options.from, "--from");
    const auto end = options.to.empty() ? std::numeric_limits<std::int64_t>::max()
                                        : first + events::parse_time(options.to, "--to");
    if (begin >= end) fail(ErrorKind::kUsage, "--to: expected a time after --from");
    stream = events::cut_time(std::move(stream), begin, end);
  }
  if (!options.crop.empty()) stream = events::crop(std::move(stream), parse_area(options.crop));
  return stream;
}

nlohmann::ordered_json to_json(const Found& found, const events::Summary& left,
                               events::Sensor sensor) {
  nlohmann::ordered_json object{{"file", found.recording.path.string()},
                                {"format", events::to_string(found.recording.format)},
                                {"width", sensor.width},
                                {"height", sensor.height},
                                {"sensor_stated", found.stated},
                                {"events", left.extent.count},
                                {"duration_us", left.duration()},
                                {"first_us", left.extent.first},
                                {"last_us", left.extent.last},
                                {"on_events", left.on},
                                {"skipped", left.skipped.total()},
                                {"skipped_special", left.skipped.special},
                                {"skipped_invalid", left.skipped.invalid},
                                {"skipped_outside", left.skipped.outside},
                                {"triggers", left.skipped.triggers},
                                {"clock_faults", left.clock_faults}};
  if (!found.broken.empty()) object["broken"] = found.broken;
  return object;
}

std::string thousands(std::uint64_t value) {
  return with_thousands(static_cast<std::int64_t>(value));
}

void print(const Found& found, const events::Summary& left, events::Sensor sensor, bool changed) {
  std::cout << fmt::format(
      "{}: {}, {}x{} pixels{}\n", found.recording.path.string(),
      events::to_string(found.recording.format), sensor.width, sensor.height,
      found.stated ? "" : " (as far as its events reach; the file does not say)");
  const auto count = left.extent.count;
  if (changed) {
    std::cout << fmt::format("  {} of {} events are left\n", thousands(count),
                             thousands(found.whole.extent.count));
  }
  const double seconds = static_cast<double>(left.duration()) / 1e6;
  std::cout << fmt::format("  {} events in {:.6f} s", thousands(count), seconds);
  if (count > 0 && left.duration() > 0) {
    std::cout << fmt::format(
        ", {} events/s",
        thousands(static_cast<std::uint64_t>(static_cast<double>(count) / seconds)));
  }
  std::cout << '\n';
  if (count > 0) {
    std::cout << fmt::format(
        "  {:.1f} % brighter, {:.1f} % darker\n  from {} to {} us\n",
        100.0 * static_cast<double>(left.on) / static_cast<double>(count),
        100.0 * static_cast<double>(count - left.on) / static_cast<double>(count),
        left.extent.first, left.extent.last);
  }
  const auto& skipped = left.skipped;
  if (skipped.total() > 0) {
    std::cout << fmt::format(
        "  skipped: {} special ({} triggers), {} invalid, {} outside of the sensor\n",
        thousands(skipped.special), thousands(skipped.triggers), thousands(skipped.invalid),
        thousands(skipped.outside));
  }
  if (left.clock_faults > 0) {
    std::cout << fmt::format("  {} times the clock goes back\n", thousands(left.clock_faults));
  }
}

/// Unless --frame is given, returns a 30th of a second, or a 300th of the recording if that is
/// longer.
std::int64_t frame_length(const RecordingOptions& options, const events::Summary& left) {
  constexpr std::int64_t kUsual = 33'333;
  if (!options.frame.empty()) return events::parse_time(options.frame, "--frame");
  return std::max(kUsual, static_cast<std::int64_t>(left.duration() / 300) + 1);
}

void write_picture(const RecordingOptions& options, const events::Summary& left,
                   events::EventStream& stream, std::ostream& log) {
  const auto extension = std::filesystem::path(options.picture).extension();
  if (extension == ".gif") {
    const auto count =
        pictures::write_event_animation(stream, options.picture, frame_length(options, left));
    log << fmt::format("{}: {} pictures\n", options.picture, count);
    return;
  }
  pictures::write_event_picture(stream, options.picture);
  log << fmt::format("{}: written\n", options.picture);
}

/// Throws the usage errors that can be found before the file is read.
void check(const RecordingOptions& options) {
  if (!options.convert.empty()) (void)events::format_to_write(options.convert);
  if (!options.crop.empty()) (void)parse_area(options.crop);
  for (const auto& [text, name] : {std::pair{options.from, "--from"},
                                   {options.to, "--to"},
                                   {options.background, "--background"},
                                   {options.frame, "--frame"}}) {
    if (!text.empty()) (void)events::parse_time(text, name);
  }
  const auto extension = std::filesystem::path(options.picture).extension();
  if (!options.picture.empty() && extension != ".gif" && extension != ".png") {
    fail(ErrorKind::kUsage, "--picture: expected a name that ends with .png or .gif, found '{}'",
         options.picture);
  }
}

int recording_command(const RecordingOptions& options) {
  check(options);
  const auto found = look_at(options);
  if (!found.broken.empty() && found.whole.extent.count == 0) {
    fail(ErrorKind::kInput, "{}", found.broken);
  }
  const auto stream = filtered(options, found);
  const auto left = options.changes() ? events::summarise(*stream) : found.whole;
  if (options.json) {
    std::cout << to_json(found, left, stream->sensor()).dump(2) << '\n';
  } else {
    print(found, left, stream->sensor(), options.changes());
  }
  if (!found.broken.empty()) {
    const auto kept = thousands(found.whole.extent.count);
    if (!options.salvage) {
      fail(ErrorKind::kInput,
           "{}\nthe {} events before this point are readable; --salvage keeps only those",
           found.broken, kept);
    }
    std::cerr << fmt::format("staa: warning: {}: the {} events before it are kept\n", found.broken,
                             kept);
  }
  auto& log = options.json ? std::cerr : std::cout;  // keeps the JSON alone on standard output
  if (!options.convert.empty()) {
    const auto written =
        events::write_recording(*stream, options.convert, events::format_to_write(options.convert));
    log << fmt::format("{}: {} events", options.convert, thousands(written.events));
    if (written.time_offset != 0) {
      log << fmt::format(", their times counted from the first one, {} us", written.time_offset);
    }
    log << '\n';
    stream->rewind();
  }
  if (!options.picture.empty()) write_picture(options, left, *stream, log);
  return 0;
}

}  // namespace

void add_recording(CLI::App& app, Action& action) {
  auto options = std::make_shared<RecordingOptions>();
  auto* command = app.add_subcommand(
      "events", "Tell what an event recording is, convert it, cut it, clean it or draw it");
  command->add_option("file", options->file, "A recording in any format that is known")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_option("--convert", options->convert, "Write it as .npz, .bin, .aedat or .h5")
      ->type_name("OUT");
  command
      ->add_option("--picture", options->picture,
                   "Draw it: all events in a .png, or an animation in a .gif")
      ->type_name("OUT");
  command->add_option("--frame", options->frame, "Time of one picture of the animation")
      ->type_name("TIME");
  command->add_option("--crop", options->crop, "A part of the sensor, with (X, Y) as its corner")
      ->type_name("WxH+X+Y");
  command->add_option("--from", options->from, "Leave out what comes before, from the first event")
      ->type_name("TIME");
  command->add_option("--to", options->to, "Leave out this time and what comes after")
      ->type_name("TIME");
  command
      ->add_option("--hot-pixels", options->hot_pixels,
                   "Leave out pixels that fire more often than this a second, on average")
      ->type_name("HZ")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--background", options->background,
                   "Leave out events that no neighbour has fired within this time before")
      ->type_name("TIME");
  command->add_option("--sensor", options->sensor, "Pixels of the camera, where the file says none")
      ->type_name("WxH");
  command->add_flag("--cifar10-dvs", options->cifar10_dvs,
                    "AEDAT 2.0 files have the addresses of CIFAR10-DVS");
  command->add_flag("--salvage", options->salvage,
                    "Take the events before the place where a file is broken for all of it");
  command->callback(
      [options, &action] { action = [options] { return recording_command(*options); }; });
}

}  // namespace staa::app
