#include <csignal>

#include "apps/tiny_command.h"
#include "run/compare_runs.h"
#include "staa/distributed/launch.h"

namespace staa::test {
namespace {

/// A signal in the middle of the first epoch must leave a complete checkpoint and give the exit
/// code of a shell. The resumed run must match the uninterrupted one bit for bit.
class Signals : public TinyCommand {
 protected:
  void stop_and_resume(int signal) {
    const std::vector<std::string> often{"--set", "train.checkpoint_steps=1"};
    ASSERT_EQ(run_staa(train(often, "whole")).code, 0);

    Process process(train(often, "parts"));
    const auto checkpoint = folder_ / "parts" / "last.safetensors";
    ASSERT_TRUE(process.wait_for([&] { return std::filesystem::exists(checkpoint); }))
        << process.wait().err;
    process.send(signal);
    const auto stopped = process.wait();
    EXPECT_EQ(stopped.code, 128 + signal) << stopped.err;
    EXPECT_NE(stopped.out.find("continue with --resume"), std::string::npos) << stopped.out;
    const format::SafetensorsReader reader(checkpoint);
    const auto progress = nlohmann::json::parse(reader.metadata().at("staa.progress"));
    ASSERT_EQ(progress.at("epoch"), 0) << "the signal came too late to be in mid-epoch";

    const auto resumed = run_staa({"train", "--resume", "--out", out("parts")});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_NE(resumed.out.find("resumed after 0 epochs"), std::string::npos) << resumed.out;
    expect_same_checkpoint(folder_ / "whole" / "last.safetensors", checkpoint);
    EXPECT_EQ(read_metrics(folder_ / "whole"), read_metrics(folder_ / "parts"));
  }
};

TEST_F(Signals, SigtermInMidEpochThenResume) { stop_and_resume(SIGTERM); }

TEST_F(Signals, SigintInMidEpochThenResume) { stop_and_resume(SIGINT); }

TEST_F(Signals, SighupInMidEpochThenResume) { stop_and_resume(SIGHUP); }

/// nohup ignores SIGHUP, and a shell without job control ignores SIGINT for programs started with
/// &.
TEST_F(Signals, ThoseThatWereIgnoredAtTheStartStayIgnored) {
  for (const std::vector<int>& processes : {std::vector<int>{}, std::vector<int>{2}}) {
    const auto name = processes.empty() ? "one" : "many";
    if (!processes.empty() && !distributed::available()) continue;
    auto arguments = train({"--set", "train.checkpoint_steps=1"}, name);
    if (!processes.empty()) {
      arguments.insert(arguments.begin() + 1, {"--processes", std::to_string(processes[0])});
    }
    Process process(arguments, {"env", "--ignore-signal=INT,HUP,TERM"});
    const auto checkpoint = folder_ / name / "last.safetensors";
    ASSERT_TRUE(process.wait_for([&] { return std::filesystem::exists(checkpoint); }))
        << process.wait().err;
    for (const int signal : {SIGINT, SIGHUP, SIGTERM}) process.send(signal);
    const auto finished = process.wait();
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(read_metrics(folder_ / name).size(), 2U);
  }
}

TEST_F(Signals, TwoTrainingsInOneFolderAreRefused) {
  Process first(train({"--set", "train.checkpoint_steps=1", "train.epochs=1000"}));
  const auto checkpoint = folder_ / "run" / "last.safetensors";
  ASSERT_TRUE(first.wait_for([&] { return std::filesystem::exists(checkpoint); }));
  const auto second = run_staa({"train", "--resume", "--out", out()});
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("process " + std::to_string(first.id()) + " on "), std::string::npos)
      << second.err;
  first.send(SIGKILL);
  first.wait();
  EXPECT_EQ(run_staa({"train", "--resume", "--out", out(), "--set", "train.epochs=1"}).code, 0);
}

TEST_F(Signals, AKilledRunGoesOnFromItsLastCheckpoint) {
  const std::vector<std::string> often{"--set", "train.checkpoint_steps=1"};
  ASSERT_EQ(run_staa(train(often, "whole")).code, 0);
  {
    Process process(train(often, "parts"));
    const auto checkpoint = folder_ / "parts" / "last.safetensors";
    ASSERT_TRUE(process.wait_for([&] { return std::filesystem::exists(checkpoint); }));
    process.send(SIGKILL);
    EXPECT_EQ(process.wait().code, -1);
  }
  ASSERT_EQ(run_staa({"train", "--resume", "--out", out("parts")}).code, 0);
  expect_same_checkpoint(folder_ / "whole" / "last.safetensors",
                         folder_ / "parts" / "last.safetensors");
}

}  // namespace
}  // namespace staa::test
