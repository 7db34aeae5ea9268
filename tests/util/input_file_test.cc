#include "staa/util/input_file.h"

#include "support/support.h"

namespace staa {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

TEST(InputFile, ReadsAtAnyPlace) {
  TempFolder folder;
  write_bytes(folder / "a", "0123456789");
  const InputFile file(folder / "a");
  EXPECT_EQ(file.size(), 10U);
  std::string bytes(3, '\0');
  file.read_at(7, bytes.data(), 3);
  EXPECT_EQ(bytes, "789");
  file.read_at(0, bytes.data(), 3);
  EXPECT_EQ(bytes, "012");
}

TEST(InputFile, SaysWhenTheFileHasBecomeShorter) {
  TempFolder folder;
  write_bytes(folder / "a", "0123456789");
  const InputFile file(folder / "a");
  write_bytes(folder / "a", "01234");
  std::string bytes(3, '\0');
  expect_error(ErrorKind::kIo, {"/a: shrank", "expected 6 bytes, found 5"},
               [&] { file.read_at(3, bytes.data(), 3); });
}

TEST(InputFile, RefusesMissingFilesAndFolders) {
  TempFolder folder;
  expect_error(ErrorKind::kIo, {"missing", "cannot open"}, [&] { InputFile(folder / "missing"); });
  expect_error(ErrorKind::kInput, {"regular file"}, [&] { const InputFile file(folder.path()); });
}

}  // namespace
}  // namespace staa
