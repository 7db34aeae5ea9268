#include "staa/data/sets/open.h"

#include <cstdlib>
#include <filesystem>

#include "staa/data/codecs/idx.h"
#include "staa/data/sets/cifar.h"
#include "staa/data/sets/image_folder.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/data/sets/subset.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

/// A kind of data set. To add one, add a line to kSets.
struct SetEntry {
  const char* name;
  const char* installed_at;  ///< where a system package installs it, or ""
  const char* how_to_get;
  Splits (*read)(const fs::path& folder, bool allow_partial);
};

const SetEntry kSets[] = {
    {"cifar10", "", kHowToGetCifar,
     [](const fs::path& at, bool partial) { return read_cifar10(at, partial); }},
    {"cifar100", "", kHowToGetCifar,
     [](const fs::path& at, bool partial) { return read_cifar100(at, partial); }},
    {"mnist", "", kHowToGetMnist, [](const fs::path& at, bool) { return read_mnist(at); }},
    {"fashion-mnist", "/usr/share/datasets/fashion-mnist", kHowToGetFashionMnist,
     [](const fs::path& at, bool) { return read_fashion_mnist(at); }},
    {"image-folder", "", kHowToArrangeImages,
     [](const fs::path& at, bool) { return read_image_folder(at); }},
    {"imagenet", "", kHowToGetImageNet,
     [](const fs::path& at, bool) -> Splits {
       find_halves(at);
       fail(ErrorKind::kUsage, "{}: photographs of many sizes are not read into memory whole",
            at.string());
     }},
};

const SetEntry& find_set(const std::string& name) {
  for (const auto& entry : kSets) {
    if (name == entry.name) return entry;
  }
  fail(ErrorKind::kUsage, "unknown data set \"{}\": expected {}{}", name,
       join_choices(known_sets()), did_you_mean(name, known_sets()));
}

fs::path folder_of(const SetEntry& set, const std::string& path) {
  if (!path.empty()) return path;
  const char* root = std::getenv("STAA_DATA");
  const bool has_root = root != nullptr && *root != '\0';
  fs::path installed = set.installed_at;
  if (has_root && (installed.empty() || is_there(fs::path(root) / set.name))) {
    return fs::path(root) / set.name;
  }
  if (installed.empty()) {
    fail(ErrorKind::kUsage,
         "data set {} needs a path: give the folder that holds it, or set STAA_DATA to the folder "
         "that holds {}/\nhow to get it: {}",
         set.name, set.name, set.how_to_get);
  }
  return installed;
}

void check_limit(const char* key, std::int64_t count) {
  if (count < 0) fail(ErrorKind::kUsage, "{}: expected 0 (all) or more, found {}", key, count);
}

}  // namespace

std::vector<std::string> known_sets() {
  std::vector<std::string> names;
  for (const auto& entry : kSets) names.emplace_back(entry.name);
  return names;
}

fs::path data_folder(const DataOptions& options) {
  return folder_of(find_set(options.set), options.path);
}

Splits open_dataset(const DataOptions& options) {
  const auto& set = find_set(options.set);
  check_limit("limit_train", options.limit_train);
  check_limit("limit_test", options.limit_test);
  auto splits = set.read(folder_of(set, options.path), options.allow_partial);
  if (options.limit_train > 0) splits.train = first(splits.train, options.limit_train);
  if (options.limit_test > 0) splits.test = first(splits.test, options.limit_test);
  return splits;
}

}  // namespace staa::data
