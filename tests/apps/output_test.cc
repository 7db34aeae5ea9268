#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "apps/tiny_command.h"
#include "staa/run/run_folder.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

/// Output that cannot be written, and output to something other than a plain file.
class Output : public TinyCommand {
 protected:
  /// Runs a shell command in which `staa` and `staa-run` are the programs under test.
  static Finished shell(const std::string& line) {
    return run_program("/bin/bash",
                       {"-c", "staa() { " STAA_PROGRAM " \"$@\"; }; staa-run() { " STAA_RUN_PROGRAM
                              " \"$@\"; }; set -o pipefail; " +
                                  line});
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
};

TEST_F(Output, AFullDeviceIsAnErrorOfEveryCommand) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  ASSERT_EQ(run_staa(train({"--set", "train.max_steps=1"})).code, 0);
  ASSERT_EQ(run_staa({"export", out(), "-o", path("model.staa")}).code, 0);
  write_bytes(folder_ / "raw", std::string(144, 'x'));
  for (const std::string command :
       {"staa --help", "staa --version", "staa info --keys", "staa info --json", "staa completion",
        "staa eval RUN --json", "staa profile RUN --json", "staa train --out RUN --resume --json",
        "staa train --out RUN --resume", "staa-run --help", "staa-run MODEL - --json <RAW"}) {
    auto line = command + " >/dev/full";
    for (const auto& [word, name] :
         {std::pair{"RUN", out()}, std::pair{"MODEL", path("model.staa")},
          std::pair{"RAW", path("raw")}}) {
      if (const auto at = line.find(word); at != std::string::npos) {
        line.replace(at, std::string(word).size(), name);
      }
    }
    const auto finished = shell(line);
    EXPECT_EQ(finished.code, 1) << line << finished.err;
    EXPECT_NE(finished.err.find("error: standard output: cannot write"), std::string::npos)
        << line << finished.err;
  }
  // With --quiet nothing is written, so nothing fails.
  EXPECT_EQ(shell("staa train --out " + out() + " --resume --quiet >/dev/full").code, 0);
}

TEST_F(Output, ATrainingOutlivesTheReaderOfItsOutput) {
  const auto line = "staa train " + recipe().string() + " --out " + out() + " | head -n 1";
  const auto finished = shell(line);
  EXPECT_EQ(finished.code, 1);
  EXPECT_NE(finished.err.find("standard output: cannot write"), std::string::npos) << finished.err;
  EXPECT_TRUE(std::filesystem::exists(run::RunFolder(out()).last()));
}

TEST_F(Output, WhatIsNoPlainFileIsWrittenThrough) {
  ASSERT_EQ(run_staa(train({"--set", "train.max_steps=1"})).code, 0);
  const auto report = "staa report " + out() + " -o ";
  // A link is kept, and its target is written.
  std::filesystem::create_directories(folder_ / "elsewhere");
  std::filesystem::create_symlink("elsewhere/r.html", folder_ / "link.html");
  ASSERT_EQ(shell(report + path("link.html")).code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link.html"));
  const auto page = read_text_file(folder_ / "elsewhere" / "r.html");
  EXPECT_NE(page.find("</html>"), std::string::npos);

  for (const auto& line :
       {"mkfifo " + path("fifo") + " && { cat " + path("fifo") + " >" + path("got") + " & } && " +
            report + path("fifo") + " && wait && test -p " + path("fifo"),
        report + ">(cat >" + path("got") + ") && sleep 1",
        report + "/dev/stdout 2>/dev/null >" + path("got"),
        "(echo before; " + report + "/dev/fd/1) >" + path("got"),
        report + "/dev/stdout | cat >" + path("got")}) {
    std::filesystem::remove(folder_ / "got");
    const auto finished = shell(line);
    EXPECT_EQ(finished.code, 0) << line << finished.err;
    const auto got = read_text_file(folder_ / "got");
    EXPECT_NE(got.find("</html>"), std::string::npos) << line;
    EXPECT_EQ(got.find(" bytes\n"), std::string::npos)
        << "what is said of it is in the file itself";
    EXPECT_EQ(got.find("before") == 0, line.find("before") != std::string::npos) << line;
  }
  const auto device = path("null");
  if (::mknod(device.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) {
    GTEST_SKIP() << "no right to make a device here";
  }
  for (const auto* command : {"report ", "export "}) {
    EXPECT_EQ(shell("staa " + std::string(command) + out() + " -o " + device).code, 0);
    EXPECT_TRUE(std::filesystem::is_character_file(device)) << command;
  }
}

TEST_F(Output, AnUnreadableNameIsOneClearError) {
  const std::string name(300, 'n');
  const auto finished = run_staa({"eval", name});
  EXPECT_EQ(finished.code, 1);
  EXPECT_NE(finished.err.find("File name too long"), std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find("filesystem error"), std::string::npos) << finished.err;
}

TEST_F(Output, APointerOfGitLfsIsToldAsSuch) {
  ASSERT_EQ(run_staa(train({"--set", "train.max_steps=1"})).code, 0);
  write_bytes(run::RunFolder(out()).best(),
              "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  const auto finished = run_staa({"eval", out()});
  EXPECT_EQ(finished.code, 1);
  EXPECT_NE(finished.err.find("git lfs pull"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace staa::test
