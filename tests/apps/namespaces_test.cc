#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "apps/processes.h"

namespace staa::test {
namespace {

/// Emulates two machines: network namespaces joined by a pair of virtual Ethernet devices, which
/// the test creates and removes.
class Namespaces : public ManyProcesses {
 protected:
  void SetUp() override {
    ManyProcesses::SetUp();
    if (IsSkipped()) return;
    const auto made =
        has_program("ip") && shell("ip netns add {0}a && ip netns add {0}b") &&
        shell("ip link add {0}x netns {0}a type veth peer name {0}y netns {0}b") &&
        shell("ip -n {0}a addr add 10.99.7.1/24 dev {0}x && ip -n {0}a link set {0}x up") &&
        shell("ip -n {0}b addr add 10.99.7.2/24 dev {0}y && ip -n {0}b link set {0}y up") &&
        shell("ip -n {0}a link set lo up && ip -n {0}b link set lo up");
    if (!made) GTEST_SKIP() << "no right to make network namespaces here (root, iproute2)";
  }
  void TearDown() override {
    shell("ip netns del {0}a");
    shell("ip netns del {0}b");
  }

  /// Runs a command in which {0} stands for this test's own prefix. Returns whether it succeeded.
  bool shell(const char* command) const {
    const auto text = fmt::format(fmt::runtime(command), prefix_) + " 2>/dev/null";
    return std::system(("(" + text + ") 2>/dev/null").c_str()) == 0;  // NOLINT: a fixed command
  }

  std::vector<std::string> as(int rank) const {
    return {"ip",
            "netns",
            "exec",
            prefix_ + (rank == 0 ? "a" : "b"),
            "env",
            "RANK=" + std::to_string(rank),
            "WORLD_SIZE=2",
            "MASTER_ADDR=10.99.7.1",
            "MASTER_PORT=23456"};
  }

  std::string prefix_ = "st" + std::to_string(::getpid());
};

TEST_F(Namespaces, TwoMachinesTrainAsOneDoes) {
  // Few steps at a low rate: otherwise roundings grow until a spike changes, and with it the
  // network.
  const std::vector<std::string> set{"--set", "train.batch=23", "train.epochs=1",
                                     "optimizer.lr=0.01"};
  ASSERT_EQ(run_staa(train(set, "one")).code, 0);
  Process first(train(set, "two"), as(0));
  Process second(train(set, "two"), as(1));
  const auto finished = first.wait();
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(second.wait().code, 0);
  EXPECT_LT(weight_difference(last("one"), last("two")), 1e-3);
}

TEST_F(Namespaces, AMachineThatIsCutOffEndsTheRunOnBothSides) {
  const std::vector<std::string> set{"--timeout", "4", "--set", "train.epochs=1000",
                                     "train.checkpoint_steps=1"};
  Process first(train(set, "two"), as(0));
  Process second(train(set, "two"), as(1));
  ASSERT_TRUE(first.wait_for([&] { return std::filesystem::exists(last("two")); }))
      << first.wait().err;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(shell("ip -n {0}a link set {0}x down"));
  const auto here = first.wait();
  const auto there = second.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(45));
  EXPECT_EQ(here.code, 1);
  EXPECT_NE(here.err.find("rank 1 (process"), std::string::npos) << here.err;
  EXPECT_NE(here.err.find("gave no sign of life"), std::string::npos) << here.err;
  EXPECT_EQ(there.code, 1);
  EXPECT_NE(there.err.find("rank 1, is cut off"), std::string::npos) << there.err;
  EXPECT_NO_THROW(format::SafetensorsReader(last("two")));
}

}  // namespace
}  // namespace staa::test
