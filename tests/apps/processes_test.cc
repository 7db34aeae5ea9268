#include "apps/processes.h"

#include <torch/version.h>

#include <algorithm>
#include <csignal>

namespace staa::test {
namespace {

// 240 training images in batches of 23: ten full ones, which are divided unequally, and one of 10.
// At this rate the roundings of sums in another order do not grow until a spike changes.
const std::vector<std::string> kUneven{"--set", "train.batch=23", "train.epochs=1",
                                       "optimizer.lr=0.01"};

TEST_F(ManyProcesses, TwoAndFourTrainAsOneDoes) {
  ASSERT_EQ(run_staa(train(kUneven, "one")).code, 0);
  for (const int processes : {2, 4}) {
    const auto name = std::to_string(processes);
    const auto finished = run_staa(on(processes, name, kUneven));
    ASSERT_EQ(finished.code, 0) << finished.err;
    EXPECT_NE(finished.out.find(name + " processes"), std::string::npos) << finished.out;
    const auto difference = weight_difference(last("one"), last(name));
    RecordProperty("difference_" + name, std::to_string(difference));
    std::printf("%d processes: largest difference of a weight %.3g\n", processes, difference);
    EXPECT_LT(difference, 1e-3);
    const auto one = read_metrics(folder_ / "one").at(0);
    const auto many = read_metrics(folder_ / name).at(0);
    EXPECT_NEAR(one.at("train_loss").get<double>(), many.at("train_loss").get<double>(), 1e-3);
    EXPECT_NEAR(one.at("test_loss").get<double>(), many.at("test_loss").get<double>(), 2e-2);
    EXPECT_EQ(one.at("step"), many.at("step"));
  }
}

TEST_F(ManyProcesses, AgreeOnTheLossScale) {
  const auto finished =
      run_staa(on(2, "run", {"--set", "train.loss_scale=1e40", "train.epochs=1"}));
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.out.find("the loss is scaled by 5e+39 from here"), std::string::npos)
      << finished.out;
}

TEST_F(ManyProcesses, ABatchSmallerThanTheProcessesIsNotLost) {
  // With batches of 239 images, the last of 240 is a batch by itself, for four processes.
  const std::vector<std::string> few{"--set", "train.batch=239", "train.epochs=1"};
  ASSERT_EQ(run_staa(train(few, "one")).code, 0);
  const auto finished = run_staa(on(4, "four", few));
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_LT(weight_difference(last("one"), last("four")), 1e-4);
}

TEST_F(ManyProcesses, OwnStatisticsAreAnOption) {
  const auto finished =
      run_staa(on(2, "run", {"--set", "train.sync_batch_norm=false", "train.epochs=1"}));
  ASSERT_EQ(finished.code, 0) << finished.err;
  EXPECT_NE(finished.out.find("statistics of their own"), std::string::npos) << finished.out;
  EXPECT_EQ(read_metrics(folder_ / "run").size(), 1U);
}

TEST_F(ManyProcesses, ASignalStopsAllAndFewerGoOn) {
  Process process(on(3, "run", {"--set", "train.checkpoint_steps=1", "train.epochs=50"}));
  ASSERT_TRUE(process.wait_for([&] { return std::filesystem::exists(last("run")); }))
      << process.wait().err;
  process.send(SIGTERM);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.code, 128 + SIGTERM) << stopped.err;
  EXPECT_NE(stopped.out.find("stopped by SIGTERM"), std::string::npos) << stopped.out;
  for (const int processes : {2, 1}) {
    const auto resumed = run_staa({"train", "--resume", "--out", out("run"), "--processes",
                                   std::to_string(processes), "--set", "train.max_steps=70"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_NE(resumed.out.find("resumed after"), std::string::npos) << resumed.out;
  }
}

TEST_F(ManyProcesses, SaysOnceWhatIsWrongWithTheCommand) {
  ASSERT_EQ(run_staa(train({"--set", "train.max_steps=1"})).code, 0);
  const auto again = run_staa(on(2, "run"));
  EXPECT_EQ(again.code, 2);
  EXPECT_EQ(again.err.find("already here"), again.err.rfind("already here")) << again.err;
  const auto crowded = run_staa(on(9, "crowd"));
  EXPECT_EQ(crowded.code, 2);
  EXPECT_NE(crowded.err.find("at least one sample for each of 9"), std::string::npos);
}

/// Starts one process per rank with a launcher's variables, and compares with a single process.
class Launchers : public ManyProcesses {
 protected:
  void expect_like_one(const std::vector<std::string>& before) {
    ASSERT_EQ(run_staa(train(kUneven, "one")).code, 0);
    const auto finished = run_staa(train(kUneven, "many"), before);
    ASSERT_EQ(finished.code, 0) << finished.err;
    EXPECT_NE(finished.out.find("2 processes"), std::string::npos) << finished.out;
    EXPECT_LT(weight_difference(last("one"), last("many")), 1e-3);
  }
};

/// The version of LibTorch that the torchrun in $PATH uses, such as "2.15", from torchrun's own
/// interpreter.
std::string torchrun_version() {
  Process process(Command{"/bin/sh",
                          {"-c",
                           "$(head -n1 \"$(command -v torchrun)\" | cut -c3-) -c 'import torch; "
                           "print(\".\".join(torch.__version__.split(\".\")[:2]))'"}});
  auto text = process.wait().out;
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

TEST_F(Launchers, Torchrun) {
  if (!has_program("torchrun")) GTEST_SKIP() << "no torchrun here (Debian: python3-torch)";
  // torchrun provides the meeting point, and its protocol changes between versions.
  const auto own = fmt::format("{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR);
  if (torchrun_version() != own) {
    GTEST_SKIP() << "torchrun is of LibTorch " << torchrun_version() << ", staa of " << own;
  }
  // The torchrun of LibTorch 1.13 needs explicit redirections under Python 3.11.
  const std::vector<std::string> options{"--nproc_per_node=2", "--master_port=29511",
                                         "--redirects=1", "--tee=1", "--no_python"};
  auto harmless = options;
  harmless.emplace_back("true");
  if (run_program("torchrun", harmless).code != 0) {
    GTEST_SKIP() << "this torchrun starts not even `true` (Debian 13's asks for libuv, which its "
                    "PyTorch is built without)";
  }
  auto words = options;
  words.insert(words.begin(), "torchrun");
  expect_like_one(words);
}

TEST_F(Launchers, Mpirun) {
  if (!has_program("mpirun")) GTEST_SKIP() << "no mpirun here (Debian: openmpi-bin)";
  expect_like_one({"mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"});
}

TEST_F(Launchers, SlurmsVariables) {
  ASSERT_EQ(run_staa(train(kUneven, "one")).code, 0);
  const auto as = [](const char* rank) {
    return std::vector<std::string>{"env",
                                    std::string("SLURM_PROCID=") + rank,
                                    std::string("SLURM_LOCALID=") + rank,
                                    "SLURM_STEP_NUM_TASKS=2",
                                    "SLURM_STEP_NODELIST=localhost",
                                    "SLURM_JOB_ID=" + std::to_string(::getpid())};
  };
  Process first(train(kUneven, "many"), as("0"));
  Process second(train(kUneven, "many"), as("1"));
  const auto finished = first.wait();
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(second.wait().code, 0);
  EXPECT_LT(weight_difference(last("one"), last("many")), 1e-3);
}

}  // namespace
}  // namespace staa::test
