#include "staa/data/sets/simulated.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/sets/event_manifest.h"
#include "staa/data/sets/listing.h"
#include "staa/events/aedat2.h"
#include "staa/events/atis.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/parallel.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTag = 0x73696d75;  // "simu"

/// Turns a class's name into that of a folder.
std::string folder_name(std::string name) {
  for (auto& c : name) {
    if (c == '/' || c == '\\' || c == '\0') c = '-';
  }
  if (name.empty() || name.front() == '.') name.insert(0, 1, '_');
  return name;
}

/// An image as light intensities; colours become luminance by ITU-R BT.601.
events::Scene scene_of(const Dataset& images, std::int64_t index) {
  const auto shape = images.shape();
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(shape.bytes()));
  images.read(index, pixels.data());
  events::Scene scene{shape.width, shape.height, {}};
  if (shape.channels == 1) {
    scene.pixels = std::move(pixels);
    return scene;
  }
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    scene.pixels.push_back(static_cast<std::uint8_t>(
        (299 * pixels[i] + 587 * pixels[i + 1] + 114 * pixels[i + 2] + 500) / 1000));
  }
  return scene;
}

/// One half of the images, with the folder for its recordings.
struct Half {
  const Dataset& images;
  fs::path folder;
  std::uint64_t key;  ///< for its random numbers

  /// Writes the recording of one image. Returns its number of events.
  std::size_t record(std::int64_t index, const SimulatedSetOptions& options) const {
    const auto recorded =
        events::simulate(scene_of(images, index), options.camera,
                         Random{options.seed, kTag, key, static_cast<std::uint64_t>(index)});
    const auto stem = folder_of(images.label(index)) / fmt::format("{:05}", index);
    if (options.aedat2) {
      events::write_aedat2(stem.string() + ".aedat", events::Aedat2Address::kCifar10Dvs, recorded,
                           {"simulated"});
    } else {
      events::write_atis(stem.string() + ".bin", recorded);
    }
    return recorded.size();
  }

  fs::path folder_of(std::int64_t label) const {
    return folder / folder_name(images.classes()[static_cast<std::size_t>(label)]);
  }
};

void check(const fs::path& folder, const SimulatedSetOptions& options) {
  if (is_there(folder / kEventManifestName)) {
    fail(ErrorKind::kUsage, "{}: a set of recordings is already here; choose another folder",
         folder.string());
  }
  const auto& sensor = options.camera.sensor;
  if (options.aedat2 && !(sensor == events::Sensor{128, 128})) {
    fail(ErrorKind::kUsage, "AEDAT 2.0 is of a sensor of 128x128: found {}x{}", sensor.width,
         sensor.height);
  }
  if (!options.aedat2 && (sensor.width > 256 || sensor.height > 240)) {
    fail(ErrorKind::kUsage, "5-byte events reach sensors of up to 256x240: found {}x{}",
         sensor.width, sensor.height);
  }
}

}  // namespace

std::uint64_t simulate_set(const Splits& images, const std::string& name, const fs::path& folder,
                           const SimulatedSetOptions& options,
                           const std::function<void(std::int64_t done)>& progress) {
  check(folder, options);
  const Half train{*images.train, folder / "train", 1};
  const Half test{*images.test, folder / "test", 2};
  const auto classes = static_cast<std::int64_t>(images.train->classes().size());
  for (std::int64_t label = 0; label < classes; ++label) {
    make_folder(train.folder_of(label));
    make_folder(test.folder_of(label));
  }
  std::uint64_t events = 0;
  std::int64_t done = 0;
  std::mutex mutex;  // guards done and events
  const auto split = images.train->size();
  for_each_index(split + images.test->size(), options.threads, [&](std::int64_t i) {
    const auto count = i < split ? train.record(i, options) : test.record(i - split, options);
    const std::lock_guard<std::mutex> lock(mutex);
    events += count;
    if (progress) progress(++done);
  });
  write_event_manifest(folder / kEventManifestName,
                       {"simulated " + name, options.camera.sensor, options.aedat2});
  return events;
}

}  // namespace staa::data
