#include "staa/data/sets/event_sets.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "staa/data/sets/event_manifest.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/events/gesture.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/text.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

using events::Format;
using events::Sensor;
using Samples = std::vector<RecordingSet::Sample>;

constexpr Sensor kDvs128{128, 128};

/// A set's two halves before they become RecordingSets.
struct Halves {
  Sensor sensor;
  std::vector<std::string> classes;
  Samples train;
  Samples test;
};

struct Opening {
  const EventSetOptions& options;
  fs::path folder;
  const char* how_to_get;

  [[noreturn]] void missing(const std::string& looked_for) const {
    fail_missing(folder, looked_for, how_to_get);
  }

  /// Throws if the count differs from the published one, unless partial sets are allowed.
  void check_count(const std::string& what, std::size_t found, std::size_t published) const {
    if (options.allow_partial || found == published) return;
    fail(ErrorKind::kInput,
         "{}: {}: expected the published {}, found {}; get the rest, or accept what is there with "
         "data.allow_partial = true\nwhere the publisher keeps it: {}",
         folder.string(), what, published, found, how_to_get);
  }
};

RecordingSet::Sample sample_of(const fs::path& path, Format format, Sensor sensor,
                               std::int64_t label) {
  events::Recording recording;
  recording.path = path;
  recording.format = format;
  recording.sensor = sensor;
  return {recording, label};
}

/// The files with one extension, sorted by the numbers at the ends of their names, so that 10
/// follows 9.
std::vector<fs::path> list_numbered(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : list_folder(folder)) {
    if (entry.extension() == extension) files.push_back(entry);
  }
  const auto number = [](const fs::path& path) {
    const auto stem = path.stem().string();
    const auto digits = stem.size() - (stem.find_last_not_of("0123456789") + 1);
    std::uint64_t value = 0;
    std::from_chars(stem.data() + stem.size() - digits, stem.data() + stem.size(), value);
    return value;
  };
  std::stable_sort(files.begin(), files.end(),
                   [&](const fs::path& a, const fs::path& b) { return number(a) < number(b); });
  return files;
}

std::vector<std::string> list_classes(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : list_folder(folder)) {
    if (fs::is_directory(entry)) names.push_back(entry.filename().string());
  }
  return names;
}

/// Reads a split file: for each path in the folder, whether it is for training.
std::map<std::string, bool> read_split(const fs::path& path) {
  std::map<std::string, bool> split;
  std::istringstream text(read_text_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const auto blank = line.find(' ');
    const auto half = line.substr(0, blank);
    if (blank == std::string::npos || (half != "train" && half != "test") ||
        !split.emplace(line.substr(blank + 1), half == "train").second) {
      fail(ErrorKind::kInput,
           "{}:{}: expected \"train NAME\" or \"test NAME\", each name once, found \"{}\"",
           path.string(), number, line.substr(0, 80));
    }
  }
  return split;
}

/// Distributes the recordings of CLASS folders to the halves: according to the split file, or with
/// the last tenth of each class (at least one) for testing.
Halves split_classes(const Opening& opening, const fs::path& root, Sensor sensor, Format format,
                     const std::string& extension, std::vector<std::string> classes) {
  std::optional<std::map<std::string, bool>> split;
  if (!opening.options.split.empty()) split = read_split(opening.options.split);
  Halves halves{sensor, std::move(classes), {}, {}};
  std::size_t named = 0;
  for (std::size_t label = 0; label < halves.classes.size(); ++label) {
    const auto files = list_numbered(root / halves.classes[label], extension);
    const auto tests = std::max<std::size_t>(1, files.size() / 10);
    for (std::size_t i = 0; i < files.size(); ++i) {
      bool train = i + tests < files.size();
      if (split) {
        const auto found = split->find(files[i].lexically_relative(root).generic_string());
        if (found == split->end()) continue;
        train = found->second;
        ++named;
      }
      auto sample = sample_of(files[i], format, sensor, static_cast<std::int64_t>(label));
      (train ? halves.train : halves.test).push_back(std::move(sample));
    }
  }
  if (split && named != split->size()) {
    fail(ErrorKind::kInput, "{}: expected names of recordings in {}, {} of {} are not there",
         opening.options.split, root.string(), split->size() - named, split->size());
  }
  return halves;
}

Halves find_cifar10_dvs(const Opening& opening) {
  const std::vector<std::string> classes{"airplane", "automobile", "bird",  "cat",  "deer",
                                         "dog",      "frog",       "horse", "ship", "truck"};
  for (const auto& name : classes) {
    if (!is_there(opening.folder / name)) opening.missing(name + "/");
    opening.check_count(name + "/*.aedat", list_numbered(opening.folder / name, ".aedat").size(),
                        1000);
  }
  return split_classes(opening, opening.folder, kDvs128, Format::kAedat2Cifar10, ".aedat", classes);
}

Halves find_n_caltech101(const Opening& opening) {
  auto root = opening.folder;
  if (is_there(root / "Caltech101")) root /= "Caltech101";
  if (!is_there(root)) opening.missing("Caltech101/");
  auto classes = list_classes(root);
  if (classes.empty()) opening.missing("Caltech101/CLASS/*.bin");
  opening.check_count("class folders", classes.size(), 101);
  return split_classes(opening, root, {240, 180}, Format::kAtis, ".bin", std::move(classes));
}

Samples find_gestures(const Opening& opening, const std::string& list) {
  constexpr std::int64_t kClasses = 11;
  Samples samples;
  for (const auto& name : events::read_trials(opening.folder / list)) {
    const auto path = opening.folder / name;
    const auto labels = opening.folder / (fs::path(name).stem().string() + "_labels.csv");
    if (!is_there(path) || !is_there(labels)) {
      if (opening.options.allow_partial) continue;
      opening.missing((is_there(path) ? labels : path).filename().string());
    }
    for (const auto& span : events::read_gesture_spans(labels, kClasses)) {
      auto sample = sample_of(path, Format::kAedat31, kDvs128, span.label - 1);
      sample.recording.begin = span.begin;
      sample.recording.end = span.end;
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

Halves find_dvs128_gesture(const Opening& opening) {
  for (const char* list : {"trials_to_train.txt", "trials_to_test.txt"}) {
    if (!is_there(opening.folder / list)) opening.missing(list);
  }
  Halves halves{kDvs128,
                {"hand_clapping", "right_hand_wave", "left_hand_wave", "right_arm_clockwise",
                 "right_arm_counter_clockwise", "left_arm_clockwise", "left_arm_counter_clockwise",
                 "arm_roll", "air_drums", "air_guitar", "other_gestures"},
                find_gestures(opening, "trials_to_train.txt"),
                find_gestures(opening, "trials_to_test.txt")};
  opening.check_count("training gestures", halves.train.size(), 1176);
  opening.check_count("test gestures", halves.test.size(), 288);
  return halves;
}

/// The only file PREFIX*.txt in a folder, or "" if there is none.
fs::path find_list(const fs::path& folder, const std::string& prefix) {
  fs::path found;
  if (!is_there(folder)) return found;
  for (const auto& entry : list_folder(folder)) {
    const auto name = entry.filename().string();
    if (entry.extension() != ".txt" || name.rfind(prefix, 0) != 0) continue;
    if (!found.empty()) {
      fail(ErrorKind::kInput, "{}: expected one list {}*.txt, found {} and {}", folder.string(),
           prefix, found.filename().string(), name);
    }
    found = entry;
  }
  return found;
}

/// Reads a list of "N DIGIT" lines, which refer to N.bs2 in the same folder; lines starting with #
/// are ignored.
Samples read_list(const fs::path& list, Sensor sensor, std::int64_t classes) {
  Samples samples;
  std::istringstream text(read_text_file(list));
  std::int64_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    std::istringstream fields(line);
    std::int64_t sample = -1;
    std::int64_t label = -1;
    std::string more;
    if (!(fields >> sample >> label) || fields >> more || sample < 0 || label < 0 ||
        label >= classes) {
      fail(ErrorKind::kInput,
           "{}:{}: expected \"NUMBER LABEL\" with a label of 0 to {}, found \"{}\"", list.string(),
           number, classes - 1, line.substr(0, 80));
    }
    const auto path = list.parent_path() / (std::to_string(sample) + ".bs2");
    if (!is_there(path)) {
      fail(ErrorKind::kInput, "{}:{}: {} is not there", list.string(), number, path.string());
    }
    samples.push_back(sample_of(path, Format::kAtis, sensor, label));
  }
  return samples;
}

Halves find_n_mnist(const Opening& opening) {
  constexpr Sensor kSensor{34, 34};
  Halves halves{kSensor, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, {}, {}};
  const auto train_list = find_list(opening.folder, "train");
  const auto test_list = find_list(opening.folder, "test");
  if (!train_list.empty() && !test_list.empty()) {
    halves.train = read_list(train_list, kSensor, 10);
    halves.test = read_list(test_list, kSensor, 10);
    return halves;
  }
  const auto read = [&](const std::string& half, std::size_t published) {
    Samples samples;
    for (std::int64_t label = 0; label < 10; ++label) {
      const auto name = half + "/" + std::to_string(label);
      if (!is_there(opening.folder / name)) {
        opening.missing(name + "/*.bin, or lists train*.txt and test*.txt");
      }
      for (const auto& path : list_numbered(opening.folder / name, ".bin")) {
        samples.push_back(sample_of(path, Format::kAtis, kSensor, label));
      }
    }
    opening.check_count(half, samples.size(), published);
    return samples;
  };
  halves.train = read("Train", 60'000);
  halves.test = read("Test", 10'000);
  return halves;
}

/// The recordings of a half's CLASS folders, with any names.
Samples list_half(const Opening& opening, const fs::path& half, const Halves& halves, Format format,
                  const std::string& extension) {
  Samples samples;
  for (std::size_t label = 0; label < halves.classes.size(); ++label) {
    const auto folder = half / halves.classes[label];
    if (!is_there(folder)) opening.missing(folder.lexically_relative(opening.folder).string());
    for (const auto& path : list_numbered(folder, extension)) {
      samples.push_back(sample_of(path, format, halves.sensor, static_cast<std::int64_t>(label)));
    }
  }
  return samples;
}

Halves find_n_cars(const Opening& opening) {
  auto root = opening.folder;
  if (is_there(root / "Prophesee_Dataset_n_cars")) root /= "Prophesee_Dataset_n_cars";
  Halves halves{{120, 100}, {"background", "cars"}, {}, {}};
  halves.train = list_half(opening, root / "n-cars_train", halves, Format::kDat, ".dat");
  halves.test = list_half(opening, root / "n-cars_test", halves, Format::kDat, ".dat");
  opening.check_count("n-cars_train", halves.train.size(), 15'422);
  opening.check_count("n-cars_test", halves.test.size(), 8'607);
  return halves;
}

Halves find_dvs_lip(const Opening& opening) {
  auto root = opening.folder;
  if (is_there(root / "DVS-Lip")) root /= "DVS-Lip";
  if (!is_there(root / "train")) opening.missing("train/WORD/*.npy");
  Halves halves{kDvs128, list_classes(root / "train"), {}, {}};
  opening.check_count("words in train", halves.classes.size(), 100);
  halves.train = list_half(opening, root / "train", halves, Format::kNpy, ".npy");
  halves.test = list_half(opening, root / "test", halves, Format::kNpy, ".npy");
  opening.check_count("train", halves.train.size(), 14'896);
  opening.check_count("test", halves.test.size(), 4'975);
  return halves;
}

Halves find_event_folder(const Opening& opening) {
  const auto path = opening.folder / kEventManifestName;
  if (!is_there(path)) opening.missing(kEventManifestName);
  const auto manifest = read_event_manifest(path);
  Halves halves{manifest.sensor, {}, {}, {}};
  for (const char* half : {"train", "test"}) {
    if (!is_there(opening.folder / half)) opening.missing(std::string(half) + "/CLASS/");
  }
  halves.classes = list_classes(opening.folder / "train");
  const auto test_classes = list_classes(opening.folder / "test");
  if (halves.classes.empty() || halves.classes != test_classes) {
    fail(ErrorKind::kInput,
         "{}: expected the same class folders in train and test, found {} and {}",
         opening.folder.string(), halves.classes.size(), test_classes.size());
  }
  for (const char* half : {"train", "test"}) {
    for (std::size_t label = 0; label < halves.classes.size(); ++label) {
      for (const auto& file : list_folder(opening.folder / half / halves.classes[label])) {
        auto format = events::format_of(file);
        if (format == Format::kAedat2 && manifest.cifar10_dvs_addresses) {
          format = Format::kAedat2Cifar10;
        }
        const auto stated = events::stated_sensor(file, format);
        if (!(stated == Sensor{}) && !(stated == manifest.sensor)) {
          fail(ErrorKind::kInput, "{}: {} of a sensor of {}x{}, {} says {}x{}", file.string(),
               events::to_string(format), stated.width, stated.height, path.string(),
               manifest.sensor.width, manifest.sensor.height);
        }
        auto sample = sample_of(file, format, manifest.sensor, static_cast<std::int64_t>(label));
        (half == std::string("train") ? halves.train : halves.test).push_back(std::move(sample));
      }
    }
  }
  return halves;
}

/// A kind of data set. To add one, add a line to kSets.
struct SetEntry {
  const char* name;
  const char* how_to_get;
  bool takes_split;
  Halves (*find)(const Opening& opening);
};

const SetEntry kSets[] = {
    {"cifar10-dvs", kHowToGetCifar10Dvs, true, find_cifar10_dvs},
    {"dvs128-gesture", kHowToGetDvs128Gesture, false, find_dvs128_gesture},
    {"n-mnist", kHowToGetNMnist, false, find_n_mnist},
    {"n-caltech101", kHowToGetNCaltech101, true, find_n_caltech101},
    {"n-cars", kHowToGetNCars, false, find_n_cars},
    {"dvs-lip", kHowToGetDvsLip, false, find_dvs_lip},
    {"event-folder", kHowToArrangeEvents, false, find_event_folder},
};

const SetEntry& find_set(const std::string& name) {
  for (const auto& entry : kSets) {
    if (name == entry.name) return entry;
  }
  fail(ErrorKind::kUsage, "unknown set of event recordings \"{}\": expected {}{}", name,
       join_choices(known_event_sets()), did_you_mean(name, known_event_sets()));
}

fs::path folder_of(const SetEntry& set, const std::string& path) {
  if (!path.empty()) return path;
  const char* root = std::getenv("STAA_DATA");
  if (root != nullptr && *root != '\0') return fs::path(root) / set.name;
  fail(ErrorKind::kUsage,
       "data set {0} needs a path: give the folder that holds it, or set STAA_DATA to the folder "
       "that holds {0}/\nhow to get it: {1}",
       set.name, set.how_to_get);
}

std::shared_ptr<const RecordingSet> make_set(const std::string& name, const Halves& halves,
                                             Samples samples, std::int64_t limit) {
  auto set =
      std::make_shared<const RecordingSet>(name, halves.sensor, halves.classes, std::move(samples));
  return limit > 0 ? first(set, limit) : set;
}

/// The name of the set, with its split if the split was chosen by this program or by the user.
std::string name_of(const SetEntry& set, const EventSetOptions& options, const fs::path& folder) {
  std::string name = set.name;
  if (name == "event-folder") name = read_event_manifest(folder / kEventManifestName).name;
  if (!options.split.empty())
    return fmt::format("{} ({}, split {})", name, folder.string(), options.split);
  if (set.takes_split) {
    return fmt::format("{} ({}, the last tenth of each class for testing)", name, folder.string());
  }
  return fmt::format("{} ({})", name, folder.string());
}

}  // namespace

std::vector<std::string> known_event_sets() {
  std::vector<std::string> names;
  for (const auto& entry : kSets) names.emplace_back(entry.name);
  return names;
}

RecordingSplits open_recordings(const EventSetOptions& options) {
  const auto& set = find_set(options.set);
  if (options.limit_train < 0 || options.limit_test < 0) {
    fail(ErrorKind::kUsage, "limit_train, limit_test: expected 0 (all) or more, found {} and {}",
         options.limit_train, options.limit_test);
  }
  if (!options.split.empty() && !set.takes_split) {
    fail(ErrorKind::kUsage, "data.split: {} has a split of its own", set.name);
  }
  const Opening opening{options, folder_of(set, options.path), set.how_to_get};
  if (!is_there(opening.folder)) opening.missing("this folder");
  auto halves = set.find(opening);
  const auto name = name_of(set, options, opening.folder);
  for (const auto* half : {&halves.train, &halves.test}) {
    if (half->empty()) {
      fail(ErrorKind::kInput, "{}: expected recordings for {}, found none", name,
           half == &halves.train ? "training" : "testing");
    }
  }
  return {make_set(name, halves, std::move(halves.train), options.limit_train),
          make_set(name, halves, std::move(halves.test), options.limit_test)};
}

}  // namespace staa::data
