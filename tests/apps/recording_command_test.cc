// Runs staa data events: what it prints about a recording, and what it converts it to.

#include <nlohmann/json.hpp>

#include "apps/process.h"
#include "events/fixtures.h"
#include "staa/events/atis.h"
#include "support/support.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

class RecordingCommand : public ::testing::Test {
 protected:
  RecordingCommand() {
    write_bytes(folder_ / "a.txt", "64 48\n1000 10 10 1\n1050 11 11 0\n2000 40 40 1\n5000 9 9 1\n");
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static Finished run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"data", "events"});
    return run_staa(arguments);
  }
  static Json object(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const auto ended = run(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return Json::parse(ended.out);
  }

  TempFolder folder_;
};

TEST_F(RecordingCommand, TellsWhatARecordingIs) {
  const auto found = object({path("a.txt")});
  EXPECT_EQ(found["format"], "text");
  EXPECT_EQ(found["width"], 64);
  EXPECT_EQ(found["height"], 48);
  EXPECT_EQ(found["sensor_stated"], true);
  EXPECT_EQ(found["events"], 4);
  EXPECT_EQ(found["duration_us"], 4000);
  EXPECT_EQ(found["on_events"], 3);
  EXPECT_EQ(found["skipped"], 0);
  events::write_atis(folder_ / "b.bin", {{7, 3, 4, 1}, {9, 11, 2, 0}});
  const auto guessed = object({path("b.bin")});
  EXPECT_EQ(guessed["sensor_stated"], false);
  EXPECT_EQ(guessed["width"], 12);
  EXPECT_EQ(guessed["height"], 5);
  EXPECT_EQ(object({path("b.bin"), "--sensor", "34x34"})["width"], 34);
}

TEST_F(RecordingCommand, CutsCleansAndConverts) {
  const auto left = object({path("a.txt"), "--crop", "4x4+8+8", "--from", "50us", "--to", "1ms",
                            "--convert", path("c.npz")});
  EXPECT_EQ(left["events"], 1);
  EXPECT_EQ(left["width"], 4);
  const auto back = object({path("c.npz")});
  EXPECT_EQ(back["format"], "npz");
  EXPECT_EQ(back["events"], 1);
  EXPECT_EQ(back["first_us"], 1050);
  EXPECT_EQ(object({path("a.txt"), "--background", "100"})["events"], 1);
  EXPECT_EQ(object({path("a.txt"), "--hot-pixels", "1000"})["events"], 4);
  EXPECT_EQ(object({path("a.txt"), "--hot-pixels", "200"})["events"], 0);
  const auto ended = run({path("a.txt"), "--picture", path("p.png"), "--convert", path("c.h5")});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(std::filesystem::exists(path("p.png")));
  EXPECT_EQ(object({path("c.h5")})["width"], 64);
  EXPECT_EQ(run({path("a.txt"), "--picture", path("p.gif"), "--frame", "1ms"}).code, 0);
}

TEST_F(RecordingCommand, KeepsWhatComesBeforeABreakOnlyWhenTold) {
  events::write_atis(folder_ / "cut.bin", events::random_events(100, {34, 34}, 4));
  std::filesystem::resize_file(folder_ / "cut.bin", 498);
  const auto refused = run({path("cut.bin"), "--convert", path("d.npz")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("offset 495"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("the 99 events before this point"), std::string::npos) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(path("d.npz")));
  const auto kept = run({path("cut.bin"), "--convert", path("d.npz"), "--salvage"});
  EXPECT_EQ(kept.code, 0) << kept.err;
  EXPECT_EQ(object({path("d.npz")})["events"], 99);
}

TEST_F(RecordingCommand, SaysWhatIsWrong) {
  const auto said = [&](const std::vector<std::string>& arguments, int code,
                        const std::string& part) {
    const auto ended = run(arguments);
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
  };
  said({path("none")}, 1, "none");
  said({path("a.txt"), "--convert", path("x.mp4")}, 2, ".npz, .bin, .aedat or .h5");
  said({path("a.txt"), "--crop", "4x4"}, 2, "WIDTHxHEIGHT+X+Y");
  said({path("a.txt"), "--crop", "65x4+0+0"}, 2, "from a sensor of 64x48");
  said({path("a.txt"), "--from", "2s", "--to", "1s"}, 2, "after --from");
  said({path("a.txt"), "--picture", path("x.jpg")}, 2, ".png or .gif");
  write_bytes(folder_ / "b.txt", "not events\n");
  said({path("b.txt")}, 1, "b.txt:1: offset 0");
}

}  // namespace
}  // namespace staa::test
