#include "staa/util/child_process.h"

#include <chrono>
#include <csignal>
#include <thread>

#include "staa/util/file.h"
#include "support/support.h"

namespace staa {
namespace {

class ChildTest : public ::testing::Test {
 protected:
  ChildCommand shell(const std::string& script) const {
    return {"/bin/sh",
            {"/bin/sh", "-c", script},
            folder_ / "log",
            {{"STAA_TEST_WORD", "word"}},
            SIGTERM};
  }

  static Ending wait(ChildProcess& child) {
    for (int i = 0; i < 6000; ++i) {
      if (const auto ending = child.poll()) return *ending;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    throw std::runtime_error("the child did not end in 30 s");
  }

  test::TempFolder folder_;
};

TEST_F(ChildTest, AddsItsOutputToTheLog) {
  test::write_bytes(folder_ / "log", "before\n");
  ChildProcess child(shell("echo $STAA_TEST_WORD; echo wrong >&2"));
  EXPECT_TRUE(wait(child).success());
  EXPECT_EQ(read_text_file(folder_ / "log"), "before\nword\nwrong\n");
}

TEST_F(ChildTest, TellsHowItEnded) {
  ChildProcess failing(shell("exit 3"));
  EXPECT_EQ(wait(failing).describe(), "exit code 3");
  ChildProcess sleeping(shell("sleep 60"));
  EXPECT_FALSE(sleeping.poll());
  sleeping.send(SIGKILL);
  EXPECT_EQ(wait(sleeping).describe(), "killed by signal 9");
}

TEST_F(ChildTest, AMissingProgramEndsAsInAShell) {
  ChildProcess child({folder_ / "nothing", {"nothing"}, folder_ / "log", {}, SIGTERM});
  EXPECT_EQ(wait(child).code, 127);
}

TEST_F(ChildTest, IsInAGroupOfItsOwn) {
  ChildProcess child(shell("cut -d' ' -f5 /proc/$$/stat; echo $$"));
  EXPECT_TRUE(wait(child).success());
  const auto log = read_text_file(folder_ / "log");
  const auto half = log.size() / 2;
  EXPECT_EQ(log.substr(0, half), log.substr(half)) << log;
}

}  // namespace
}  // namespace staa
