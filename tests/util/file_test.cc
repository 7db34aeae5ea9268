#include "staa/util/file.h"

#include <sys/stat.h>

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
