#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "apps/processes.h"
#include "staa/util/random.h"

namespace staa::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Three processes, one of which is lost in the middle of a run.
class Faults : public ManyProcesses {
 protected:
  /// Sends `signal` to the process with this `rank` once there is a checkpoint.
  Finished lose(int rank, int signal) {
    Process process(
        on(3, "run", {"--timeout", "4", "--set", "train.checkpoint_steps=1", "train.epochs=1000"}));
    EXPECT_TRUE(process.wait_for([&] { return std::filesystem::exists(last("run")); }));
    const auto children = children_of(process.id());
    EXPECT_EQ(children.size(), 3U);
    if (children.size() != 3) return {};
    lost_ = children[static_cast<std::size_t>(rank)];
    const auto begin = Clock::now();
    ::kill(lost_, signal);
    auto finished = process.wait();
    took_ = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
    return finished;
  }

  /// Expects the last checkpoint to be complete, and two processes to resume from it.
  void expect_resumable() {
    const format::SafetensorsReader reader(last("run"));
    const auto progress = nlohmann::json::parse(reader.metadata().at("staa.progress"));
    const auto steps = progress.at("step").get<int>() + 3;
    const auto resumed = run_staa({"train", "--resume", "--out", out("run"), "--processes", "2",
                                   "--json", "--set", "train.max_steps=" + std::to_string(steps)});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(nlohmann::json::parse(resumed.out).at("steps"), steps);
  }

  pid_t lost_ = 0;
  std::chrono::seconds took_{0};
};

TEST_F(Faults, AKilledProcessEndsTheRunAndIsNamed) {
  const auto finished = lose(1, SIGKILL);
  EXPECT_EQ(finished.code, 128 + SIGKILL);
  EXPECT_LT(took_.count(), 60);
  EXPECT_NE(
      finished.err.find("rank 1 (process " + std::to_string(lost_) + ") was ended by signal 9"),
      std::string::npos)
      << finished.err;
  // The other processes have detected it themselves.
  EXPECT_NE(finished.err.find("rank 0: rank 1 (process " + std::to_string(lost_)),
            std::string::npos)
      << finished.err;
  expect_resumable();
}

TEST_F(Faults, AStoppedProcessEndsTheRunAndIsNamed) {
  const auto finished = lose(2, SIGSTOP);
  EXPECT_NE(finished.code, 0);
  EXPECT_LT(took_.count(), 60);
  EXPECT_NE(finished.err.find("rank 2 (process " + std::to_string(lost_)), std::string::npos)
      << finished.err;
  EXPECT_NE(finished.err.find("gave no sign of life"), std::string::npos) << finished.err;
  expect_resumable();
}

TEST_F(Faults, TheStoppedLeaderIsNamedToo) {
  const auto finished = lose(0, SIGSTOP);
  EXPECT_NE(finished.code, 0);
  EXPECT_LT(took_.count(), 60);
  EXPECT_NE(finished.err.find("rank 0 (process " + std::to_string(lost_)), std::string::npos)
      << finished.err;
  expect_resumable();
}

TEST_F(Faults, ARunKilledAtRandomMomentsLosesNoEpoch) {
  const char* wanted = std::getenv("STAA_KILLS");
  const int kills = wanted == nullptr ? 4 : std::atoi(wanted);
  const auto seed = static_cast<std::uint64_t>(std::time(nullptr));
  std::printf("seed %llu, %d kills\n", static_cast<unsigned long long>(seed), kills);
  Random random{seed};
  const std::vector<std::string> set{"--set", "train.checkpoint_steps=3",
                                     "train.epochs=" + std::to_string(kills + 1)};
  auto command = on(2, "run", set);
  std::int64_t epochs = 0;
  for (int i = 0; i < kills; ++i) {
    Process process(command);
    // Kill at a time between the start, before the first step, and a few epochs later.
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(6000)));
    const auto children = children_of(process.id());
    const auto victim = random.below(static_cast<std::int64_t>(children.size()) + 1);
    ::kill(victim == static_cast<std::int64_t>(children.size())
               ? process.id()
               : children[static_cast<std::size_t>(victim)],
           SIGKILL);
    const auto ended = process.wait();
    // The processes of a killed parent are killed too, but this may take the system some time.
    for (const auto child : children) {
      for (int wait = 0; wait < 200 && ::kill(child, 0) == 0; ++wait) ::usleep(10000);
    }
    const run::RunFolder files(folder_ / "run");
    if (files.has_run()) command = {"train", "--resume", "--out", out("run"), "--processes", "2"};
    // Epochs that the log reports as done must be in the checkpoint.
    std::int64_t said = 0;
    if (std::filesystem::exists(files.log())) {
      std::istringstream log(read_text_file(files.log()));
      for (std::string line; std::getline(log, line);) {
        const auto at = line.find(" epoch ");
        if (at != std::string::npos && line.find("test loss") != std::string::npos) {
          said = std::max<std::int64_t>(said, std::atoi(line.c_str() + at + 7));
        }
      }
    }
    if (!std::filesystem::exists(files.last())) {
      EXPECT_EQ(said, 0);
      continue;
    }
    const format::SafetensorsReader reader(files.last());
    const auto now = nlohmann::json::parse(reader.metadata().at("staa.progress")).at("epoch");
    EXPECT_GE(now.get<std::int64_t>(), said) << ended.err;
    EXPECT_GE(now.get<std::int64_t>(), epochs);
    epochs = now.get<std::int64_t>();
  }
  const auto finished = run_staa(command);
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(read_metrics(folder_ / "run").size(), static_cast<std::size_t>(kills + 1));
}

TEST_F(TinyCommand, AFullDiskLeavesTheLastCheckpointAndSaysSo) {
  const auto disk = folder_ / "disk";
  std::filesystem::create_directories(disk);
  if (::mount("staa-test", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
    GTEST_SKIP() << "no right to mount a small disk here";
  }
  struct Unmount {
    std::filesystem::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{disk};
  const std::vector<std::string> set{"--set", "train.checkpoint_steps=1"};
  auto command = train(set);
  command[3] = (disk / "run").string();
  const run::RunFolder files(disk / "run");
  Process process(command);
  ASSERT_TRUE(process.wait_for([&] { return std::filesystem::exists(files.last()); }));
  {
    std::ofstream filler(disk / "filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), 4096).flush()) {
    }
  }
  const auto finished = process.wait();
  EXPECT_EQ(finished.code, 1) << finished.out;
  EXPECT_NE(finished.err.find((disk / "run").string()), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("No space left on device"), std::string::npos) << finished.err;
  EXPECT_NO_THROW(format::SafetensorsReader(files.last()));
  std::filesystem::remove(disk / "filler");
  const auto resumed = run_staa({"train", "--resume", "--out", (disk / "run").string()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
}

TEST_F(TinyCommand, AReadOnlyFolderIsNamed) {
  const auto disk = folder_ / "disk";
  std::filesystem::create_directories(disk);
  if (::mount("staa-test", disk.c_str(), "tmpfs", MS_RDONLY, "size=1m") != 0) {
    GTEST_SKIP() << "no right to mount a read-only disk here";
  }
  auto command = train();
  command[3] = (disk / "run").string();
  const auto finished = run_staa(command);
  ::umount2(disk.c_str(), MNT_DETACH);
  EXPECT_EQ(finished.code, 1);
  EXPECT_NE(finished.err.find((disk / "run").string()), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("Read-only"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace staa::test
