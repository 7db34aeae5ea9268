#include "staa/run/run_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "support/support.h"

namespace staa::run {
namespace {

using test::expect_error;
using test::TempFolder;

TEST(RunLock, ASecondHolderIsRefusedAndToldOfTheFirst) {
  TempFolder folder;
  {
    const RunLock lock(folder.path());
    std::array<char, 256> host{};
    ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
    expect_error(ErrorKind::kUsage,
                 {folder.path().string(),
                  "process " + std::to_string(::getpid()) + " on " + host.data(), "--out"},
                 [&] { RunLock second(folder.path()); });
    RunLock third;  // locks nothing
    expect_error(ErrorKind::kUsage, {"is training"}, [&] { third.lock(folder.path()); });
  }
  const RunLock free(folder.path());
}

TEST(RunLock, LeavesNothingBehind) {
  TempFolder folder;
  { const RunLock lock(folder.path()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RunLock, EndsWithItsProcessHoweverThatEnds) {
  TempFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const RunLock lock(folder.path());
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_error(ErrorKind::kUsage, {"process " + std::to_string(child)},
               [&] { RunLock lock(folder.path()); });
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const RunLock lock(folder.path());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(RunLock, AFolderThatCannotBeWrittenIsNamed) {
  expect_error(ErrorKind::kIo, {"/nonexistent-folder/run.lock"},
               [] { RunLock lock("/nonexistent-folder"); });
}

}  // namespace
}  // namespace staa::run
