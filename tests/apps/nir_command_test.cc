// Runs staa import, and staa export to NIR, as users do.

#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/tiny_command.h"

namespace staa::test {
namespace {

class NirCommand : public TinyCommand {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Returns the results of staa-run for each test image.
  std::vector<nlohmann::json> results(const std::string& model,
                                      const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{model, path("data/t10k-images-idx3-ubyte"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ended = run_program(STAA_RUN_PROGRAM, arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<nlohmann::json> found;
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) {
      found.push_back(nlohmann::json::parse(line));
    }
    return found;
  }
};

TEST_F(NirCommand, ARunOfLifGoesOutAndComesBack) {
  const auto trained = run_staa(train({"--set", "neuron.kind=lif"}));
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto direct = run_staa({"export", out(), "-o", path("direct.staa")});
  ASSERT_EQ(direct.code, 0) << direct.err;
  const auto exported = run_staa({"export", out(), "-o", path("lif.nir")});
  ASSERT_EQ(exported.code, 0) << exported.err;
  expect_holds_all(exported.out, {"lif.nir", "resnet20", "T = 2"});
  const auto imported = run_staa({"import", path("lif.nir"), "-o", path("again.staa")});
  ASSERT_EQ(imported.code, 0) << imported.err;
  expect_holds_all(imported.out, {"again.staa", "0.0001 s", "as the file states"});

  const auto expected = results(path("direct.staa"));
  const auto found = results(path("again.staa"));
  ASSERT_EQ(found.size(), expected.size());
  ASSERT_EQ(found.size(), 40U);
  std::size_t alike = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i]["steps"], 2);
    alike += found[i]["class"] == expected[i]["class"] ? 1 : 0;
  }
  EXPECT_GE(alike, 39U);  // rounding may change the class of one image
  EXPECT_EQ(results(path("again.staa"), {"--steps", "5"})[0]["steps"], 5);
  EXPECT_EQ(results(path("direct.staa"), {"--steps", "3"})[0]["steps"], 3);
}

TEST_F(NirCommand, WhatHasNoCounterpartIsSaidInOneError) {
  ASSERT_EQ(run_staa(train()).code, 0);
  const auto refused = run_staa({"export", out(), "-o", path("staa.nir")});
  EXPECT_EQ(refused.code, 2);
  expect_holds_all(refused.err, {"no counterpart in NIR", "stem.0.neuron", "STAA"});
  EXPECT_FALSE(std::filesystem::exists(path("staa.nir")));
  const auto int8 = run_staa({"export", out(), "-o", path("staa.nir"), "--int8"});
  EXPECT_EQ(int8.code, 2);
  expect_holds_all(int8.err, {"int8", "floats"});
}

TEST_F(NirCommand, WrongFilesAndOptionsAreErrors) {
  write_bytes(folder_ / "text.nir", "no HDF5");
  const auto text = run_staa({"import", path("text.nir"), "-o", path("m.staa")});
  EXPECT_EQ(text.code, 1);
  expect_holds_all(text.err, {"text.nir", "no HDF5 file"});
  const auto absent = run_staa({"import", path("absent.nir"), "-o", path("m.staa")});
  EXPECT_EQ(absent.code, 1);
  expect_holds_all(absent.err, {"absent.nir"});
  for (const auto* dt : {"1", "0ms", "-1ms", "1 ms", "1h", "nans"}) {
    const auto wrong =
        run_staa({"import", path("text.nir"), "-o", path("m.staa"), "--dt=" + std::string(dt)});
    EXPECT_EQ(wrong.code, 2) << dt;
    expect_holds_all(wrong.err, {"--dt", "1ms"});
  }
  EXPECT_FALSE(std::filesystem::exists(path("m.staa")));
}

}  // namespace
}  // namespace staa::test
