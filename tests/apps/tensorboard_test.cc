// Reads the event files of a run with TensorBoard itself. The test is skipped without TensorBoard:
// set STAA_TENSORBOARD_PYTHON to a Python that has it.
#include <nlohmann/json.hpp>

#include "apps/tiny_command.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

TEST_F(TinyCommand, TensorBoardReadsTheRunsEvents) {
  const char* chosen = std::getenv("STAA_TENSORBOARD_PYTHON");
  const std::string python = chosen != nullptr ? chosen : "python3";
  const auto script = std::string(STAA_SOURCE) + "/tests/apps/read_events.py";
  const auto probe = run_program(python, {script, (folder_ / "data").string()});
  if (probe.code != 0) {
    GTEST_SKIP() << "set STAA_TENSORBOARD_PYTHON to a Python with TensorBoard: " << probe.out
                 << probe.err;
  }

  // Train in two starts, the second of which resumes the first.
  ASSERT_EQ(run_staa(train({"--set", "train.epochs=1"})).code, 0);
  ASSERT_EQ(run_staa({"train", "--resume", "--out", out(), "--set", "train.epochs=2"}).code, 0);
  const auto read = run_program(python, {script, out()});
  ASSERT_EQ(read.code, 0) << read.out << read.err;
  const auto scalars = Json::parse(read.out);

  std::istringstream in(read_text_file(folder_ / "run" / "metrics.jsonl"));
  std::size_t epoch = 0;
  for (std::string line; std::getline(in, line); ++epoch) {
    const auto row = Json::parse(line);
    for (const auto& [tag, key] : {std::pair<const char*, const char*>{"loss/train", "train_loss"},
                                   {"loss/test", "test_loss"},
                                   {"accuracy/train", "train_top1"},
                                   {"accuracy/test", "test_top1"},
                                   {"images_per_s", "images_per_s"}}) {
      ASSERT_EQ(scalars.at(tag).size(), 2U) << tag;
      EXPECT_EQ(scalars[tag][epoch][0], row["step"]) << tag;
      EXPECT_FLOAT_EQ(scalars[tag][epoch][1].get<float>(), row[key].get<float>()) << tag;
    }
  }
  EXPECT_EQ(epoch, 2U);
  // 30 steps per epoch, an event every 20.
  EXPECT_EQ(scalars["learning_rate"].size(), 3U);
  EXPECT_EQ(scalars["firing_rate/stem.0"].size(), 2U);
}

}  // namespace
}  // namespace staa::test
