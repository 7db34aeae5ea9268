#pragma once

#include "apps/process.h"
#include "support/tiny_data.h"

namespace staa::test {

/// A folder with a small data set and a recipe that trains on it in a second or two.
class TinyCommand : public ::testing::Test {
 protected:
  TinyCommand() {
    write_tiny_mnist(folder_ / "data", 240, 40);
    write_bytes(recipe(),
                "threads = 1\ndevice = \"cpu\"\nprecision = \"fp32\"\n"
                "[data]\nset = \"mnist\"\npath = \"" +
                    (folder_ / "data").string() +
                    "\"\n"
                    "[augment]\nflip = true\nmixup = 0.2\n"
                    "[model]\nnetwork = \"resnet20\"\nwidth = 0.0625\nsteps = 2\n"
                    "[train]\nepochs = 2\nbatch = 8\n");
  }

  std::filesystem::path recipe() const { return folder_ / "tiny.toml"; }
  std::string out(const std::string& name = "run") const { return (folder_ / name).string(); }
  std::vector<std::string> train(const std::vector<std::string>& more = {},
                                 const std::string& name = "run") const {
    std::vector<std::string> arguments{"train", recipe().string(), "--out", out(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  TempFolder folder_;
};

}  // namespace staa::test
