#include "staa/data/sets/open.h"

#include <cstdlib>
#include <optional>

#include "data/fixtures.h"
#include "staa/data/sets/cifar.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;

/// Sets STAA_DATA for the duration of a test.
class ScopedRoot {
 public:
  explicit ScopedRoot(const char* value) {
    if (const char* old = std::getenv("STAA_DATA")) old_ = old;
    value != nullptr ? ::setenv("STAA_DATA", value, 1) : ::unsetenv("STAA_DATA");
  }
  ~ScopedRoot() { old_ ? ::setenv("STAA_DATA", old_->c_str(), 1) : ::unsetenv("STAA_DATA"); }
  ScopedRoot(const ScopedRoot&) = delete;
  ScopedRoot& operator=(const ScopedRoot&) = delete;

 private:
  std::optional<std::string> old_;
};

DataOptions options(const std::string& set, const std::string& path = "") {
  DataOptions result;
  result.set = set;
  result.path = path;
  return result;
}

TEST(OpenDataset, KnowsItsSets) {
  EXPECT_EQ(known_sets(), (std::vector<std::string>{"cifar10", "cifar100", "mnist", "fashion-mnist",
                                                    "image-folder", "imagenet"}));
  expect_error(
      ErrorKind::kUsage,
      {"unknown data set \"cifr10\"", "image-folder or imagenet", "did you mean 'cifar10'?"},
      [] { open_dataset(options("cifr10")); });
}

TEST(OpenDataset, TakesAPathOrTheEnvironmentAndLimits) {
  const TempFolder folder;
  write_cifar10(folder / "cifar10", *random_set(40, {1, 2, 2}, 4), *random_set(20, {1, 2, 2}, 4));
  auto wanted = options("cifar10", (folder / "cifar10").string());
  wanted.limit_train = 8;
  const auto sets = open_dataset(wanted);
  EXPECT_EQ(sets.train->size(), 8);
  EXPECT_EQ(sets.test->size(), 20);

  const ScopedRoot root(folder.path().c_str());
  wanted.path.clear();
  wanted.limit_test = 3;
  EXPECT_EQ(open_dataset(wanted).test->size(), 3);
  wanted.limit_test = -1;
  expect_error(ErrorKind::kUsage, {"limit_test: expected 0 (all) or more, found -1"},
               [&] { open_dataset(wanted); });
}

TEST(OpenDataset, SaysHowToGetWhatIsMissing) {
  const ScopedRoot root(nullptr);
  expect_error(
      ErrorKind::kUsage,
      {"cifar100 needs a path", "STAA_DATA", "https://www.cs.toronto.edu/~kriz/cifar.html"},
      [] { open_dataset(options("cifar100")); });
  for (const auto& set : known_sets()) {
    expect_error(ErrorKind::kIo,
                 {"/nonexistent-folder", "not found: looked for", "how to get it: "},
                 [&] { open_dataset(options(set, "/nonexistent-folder")); });
  }
  expect_error(ErrorKind::kIo, {"dataset-fashion-mnist"},
               [] { open_dataset(options("fashion-mnist", "/nonexistent-folder")); });
}

}  // namespace
}  // namespace staa::data
