#include "staa/util/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/support.h"

namespace staa {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

std::size_t entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, AppearsWholeOnCommitAndLeavesNothingElse) {
  TempFolder folder;
  AtomicFile file(folder / "a.txt");
  file.write("hello ");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
  file.write("world");
  file.commit();
  EXPECT_EQ(read_text_file(folder / "a.txt"), "hello world");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, WithoutCommitTheOldFileStaysAndNoTemporaryIsLeft) {
  TempFolder folder;
  write_bytes(folder / "a.txt", "old");
  {
    AtomicFile file(folder / "a.txt");
    file.write("new");
  }
  EXPECT_EQ(read_text_file(folder / "a.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, NamesTheFolderThatCannotBeWritten) {
  expect_error(ErrorKind::kIo, {"/nonexistent-folder/a.txt", "cannot write"},
               [] { AtomicFile("/nonexistent-folder/a.txt"); });
}

TEST(AtomicFile, OfALinkTheTargetIsWritten) {
  TempFolder folder;
  std::filesystem::create_directories(folder / "b");
  std::filesystem::create_symlink("b/second", folder / "first");
  std::filesystem::create_symlink("file", folder / "b" / "second");
  write_file_atomically(folder / "first", "new");  // the target does not exist yet
  write_file_atomically(folder / "first", "newer");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "first"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "b" / "second"));
  EXPECT_EQ(read_text_file(folder / "b" / "file"), "newer");
  EXPECT_EQ(entries(folder / "b"), 2U);
  std::filesystem::create_symlink("loop", folder / "loop");
  expect_error(ErrorKind::kIo, {"loop"}, [&] { write_file_atomically(folder / "loop", "x"); });
}

TEST(AtomicFile, AFifoStaysAndIsWrittenThrough) {
  TempFolder folder;
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(fifo, "bytes");
  char text[8] = "";
  EXPECT_EQ(::read(reader, text, sizeof text), 5);
  EXPECT_STREQ(text, "bytes");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, ADescriptorIsWrittenWhereItStands) {
  TempFolder folder;
  const int descriptor = ::open((folder / "log").c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(::write(descriptor, "a", 1), 1);
  write_file_atomically("/dev/fd/" + std::to_string(descriptor), "b");
  ASSERT_EQ(::write(descriptor, "c", 1), 1);
  ::close(descriptor);
  EXPECT_EQ(read_text_file(folder / "log"), "abc");
}

TEST(AtomicFile, AFolderIsRefused) {
  TempFolder folder;
  expect_error(ErrorKind::kIo, {folder.path().string(), "folder"},
               [&] { AtomicFile file(folder.path()); });
}

TEST(AtomicFile, HasTheModeAPlainOpenWouldGive) {
  TempFolder folder;
  const mode_t old = ::umask(022);
  write_file_atomically(folder / "a", "x");
  ::umask(old);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644U);
}

TEST(ReadFile, RefusesMissingTooLargeAndFolders) {
  TempFolder folder;
  write_bytes(folder / "big", "0123456789");
  expect_error(ErrorKind::kIo, {"missing", "cannot open"}, [&] { read_file(folder / "missing"); });
  expect_error(ErrorKind::kInput, {"big", "at most 4", "found 10"},
               [&] { read_file(folder / "big", 4); });
  expect_error(ErrorKind::kInput, {"regular file"}, [&] { read_file(folder.path()); });
}

}  // namespace
}  // namespace staa
