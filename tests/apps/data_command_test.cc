// Runs `staa data prepare`, `simulate` and `show` as users do.

#include <nlohmann/json.hpp>

#include "apps/process.h"
#include "data/event_fixtures.h"
#include "staa/data/codecs/png.h"
#include "staa/util/file.h"
#include "support/tiny_data.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class DataCommand : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  Finished prepare(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"data",  "prepare",       "n-mnist",  at("events"),
                                       "--set", "model.steps=4", cache_key()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_staa(arguments);
  }
  std::string cache_key() const { return "data.cache=" + at("cache"); }

  /// The number of files in the cache.
  std::int64_t kept() const {
    std::int64_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  data::ImageShape shape_of(const std::string& picture) const {
    const auto bytes = read_file(folder_ / picture);
    return data::decode_png(picture, bytes.data(), bytes.size()).shape;
  }

  TempFolder folder_;
};

TEST_F(DataCommand, PrepareCountsChecksAndKeeps) {
  data::write_tiny_n_mnist(folder_ / "events", 20, 10);
  const auto first = prepare({"--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  const auto object = Json::parse(first.out);
  EXPECT_EQ(object["train"]["recordings"], 20);
  EXPECT_EQ(object["train"]["events"], 20 * 600);
  EXPECT_EQ(object["test"]["recordings"], 10);
  EXPECT_EQ(object["cache"], at("cache"));
  EXPECT_EQ(object["shape"], "4 frames of 34x34x2");
  ASSERT_EQ(object["classes"].size(), 10U);
  EXPECT_EQ(object["classes"][3]["train"], 2);
  EXPECT_EQ(object["classes"][3]["test"], 1);

  const auto files = kept();
  EXPECT_GE(files, 30);
  const auto again = prepare();
  ASSERT_EQ(again.code, 0) << again.err;
  expect_holds(again.out, "train: 20 recordings, 12,000 events");
  expect_holds(again.out, "frames are kept in " + at("cache"));
  EXPECT_EQ(kept(), files);
}

TEST_F(DataCommand, PrepareSaysWhatIsWrong) {
  const auto missing = prepare();
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.out, "");
  expect_holds(missing.err, at("events"));
  expect_holds(missing.err, "how to get it: download");

  data::write_tiny_n_mnist(folder_ / "events", 20, 10);
  const auto whole = read_text_file(folder_ / "events/7.bs2");
  write_bytes(folder_ / "events/7.bs2", whole.substr(0, whole.size() - 2));
  const auto cut = prepare();
  EXPECT_EQ(cut.code, 1);
  expect_holds(cut.err, "7.bs2: offset 2995: event: expected 5 bytes, found 3");
}

TEST_F(DataCommand, SimulatesASetThatTrainsAndIsNamedSo) {
  write_tiny_mnist(folder_ / "images", 20, 10);
  const auto simulated = run_staa({"data", "simulate", "mnist", at("made"), "--source",
                                   at("images"), "--sensor", "16", "--duration", "0.1"});
  ASSERT_EQ(simulated.code, 0) << simulated.err;
  expect_holds(simulated.out, "simulated mnist: 20 training and 10 test recordings");
  const auto prepared = run_staa(
      {"data", "prepare", "event-folder", at("made"), "--set", cache_key(), "model.steps=2"});
  ASSERT_EQ(prepared.code, 0) << prepared.err;
  expect_holds(prepared.out, "simulated mnist");
  expect_holds(prepared.out, "train: 20 recordings");

  const auto again = run_staa(
      {"data", "simulate", "mnist", at("made"), "--source", at("images"), "--sensor", "16"});
  EXPECT_EQ(again.code, 2) << again.out;
  expect_holds(again.err, at("made"));
}

TEST_F(DataCommand, ShowsStillImagesAndEvents) {
  write_tiny_mnist(folder_ / "images", 20, 10);
  write_bytes(folder_ / "still.toml",
              "[data]\nset = \"mnist\"\npath = \"" + at("images") + "\"\n[model]\nsteps = 2\n");
  const auto still = run_staa({"data", "show", at("still.toml"), "-o", at("still.png"), "-n", "6",
                               "--columns", "3", "--split", "test"});
  ASSERT_EQ(still.code, 0) << still.err;
  expect_holds(still.out, "6 samples of");
  const auto sheet = shape_of("still.png");
  EXPECT_GT(sheet.width, 3 * 12);
  EXPECT_GT(sheet.height, 2 * 12);

  data::write_tiny_n_mnist(folder_ / "events", 20, 10);
  write_bytes(folder_ / "events.toml", "[data]\nset = \"n-mnist\"\npath = \"" + at("events") +
                                           "\"\nallow_partial = true\n[model]\nsteps = 5\n");
  const auto events = run_staa(
      {"data", "show", at("events.toml"), "-o", at("events.png"), "-n", "2", "--set", cache_key()});
  ASSERT_EQ(events.code, 0) << events.err;
  expect_holds(events.out, "5 frames of 34x34x2");
  EXPECT_GT(shape_of("events.png").width, 5 * 34);
}

}  // namespace
}  // namespace staa::test
