#include <nlohmann/json.hpp>

#include "apps/tiny_command.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

/// Expects a usage error: exit code 2, one message on standard error, nothing on standard output.
void expect_usage_error(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& parts) {
  const auto ended = run_staa(arguments);
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_EQ(ended.out, "");
  expect_holds_all(ended.err, parts);
}

void expect_keys(const Json& object, const std::vector<std::string>& keys) {
  for (const auto& key : keys) EXPECT_TRUE(object.contains(key)) << key;
}

TEST(CommandLine, TheReferencePagesAreWhatTheProgramSays) {
  const std::string folder = std::string(STAA_SOURCE) + "/docs/reference/";
  EXPECT_EQ(run_staa({"info", "--keys", "--markdown"}).out,
            read_text_file(folder + "recipe-keys.md"));
  EXPECT_EQ(run_staa({"manual", "--markdown"}).out, read_text_file(folder + "commands.md"));
}

TEST(CommandLine, AsksForLibTorchOnlyWhereItNeedsIt) {
  TempFolder folder;
  const auto alone = (folder / "staa").string();
  std::filesystem::copy_file(STAA_PROGRAM, alone);
  EXPECT_EQ(run_program("ldd", {alone}).out.find("libtorch"), std::string::npos);
  EXPECT_EQ(run_program(alone, {"train", "--help"}).code, 0);
  EXPECT_EQ(run_program(alone, {"train"}).code, 2);
  EXPECT_EQ(run_program(alone, {"info", "--keys"}).code, 0);
  const auto ended = run_program(alone, {"info"});
  EXPECT_EQ(ended.code, 1);
  expect_holds_all(ended.err, {"libexec/staa/staa-torch: No such file"});
}

TEST(CommandLine, HelpIsEverywhere) {
  for (const auto& command : std::vector<std::vector<std::string>>{{},
                                                                   {"train"},
                                                                   {"eval"},
                                                                   {"profile"},
                                                                   {"experiment"},
                                                                   {"export"},
                                                                   {"gradcam"},
                                                                   {"report"},
                                                                   {"data"},
                                                                   {"data", "check"},
                                                                   {"data", "convert"},
                                                                   {"info"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const auto ended = run_staa(arguments);
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.err, "");
    expect_holds_all(ended.out, {"Usage:", "--help"});
  }
}

TEST(CommandLine, UsageErrorsEndWithTwo) {
  expect_usage_error({}, {"expected a command", "--help"});
  expect_usage_error({"data"}, {"expected a command", "--help"});
  expect_usage_error({"fly"}, {"fly"});
  expect_usage_error({"data", "fly"}, {"fly"});
  expect_usage_error({"train", "r.toml"}, {"--out"});
  expect_usage_error({"train", "--out", "x"}, {"expected a recipe"});
  expect_usage_error({"eval", "/nowhere/run"}, {"/nowhere/run", "best.safetensors"});
  expect_usage_error({"eval", "x", "--checkpoint", "first"}, {"--checkpoint"});
  expect_usage_error({"profile", "r.toml", "--images", "0"}, {"--images"});
  expect_usage_error({"data", "check", "cifar11"}, {"cifar11", "did you mean"});
}

TEST(CommandLine, AMissingFileEndsWithOne) {
  const auto ended = run_staa({"train", "/nowhere/r.toml", "--out", "/nowhere/run"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  expect_holds_all(ended.err, {"staa: error: /nowhere/r.toml", "No such file"});
}

TEST(CommandLine, InfoSpeaksJson) {
  const auto ended = run_staa({"info", "--json"});
  EXPECT_EQ(ended.code, 0);
  const auto object = Json::parse(ended.out);
  expect_keys(object, {"version", "libtorch", "cores", "cuda_devices", "networks", "data_sets"});
  EXPECT_EQ(object["networks"].size(), 6U);
  const auto keys = Json::parse(run_staa({"info", "--keys", "--json"}).out);
  expect_keys(keys.at(0), {"key", "type", "default", "range", "meaning"});
}

TEST_F(TinyCommand, AWrongRecipeWritesNothing) {
  expect_usage_error(train({"--set", "train.epoch=3"}),
                     {"unknown key 'train.epoch'", "did you mean 'train.epochs'?"});
  expect_usage_error(train({"--set", "data.set=imagenet"}), {"imagenet"});
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(TinyCommand, TrainsEvaluatesAndProfiles) {
  const auto trained = run_staa(train({"--json"}));
  ASSERT_EQ(trained.code, 0) << trained.err;
  const auto result = Json::parse(trained.out);
  EXPECT_EQ(result["epochs"], 2);
  EXPECT_EQ(result["steps"], 60);
  EXPECT_EQ(result["stopped_by_signal"], 0);
  for (const char* file :
       {"recipe.toml", "train.log", "metrics.jsonl", "last.safetensors", "best.safetensors"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / file)) << file;
  }

  for (const std::string which : {"last", "best"}) {
    const auto evaluated = run_staa({"eval", out(), "--checkpoint", which, "--json"});
    ASSERT_EQ(evaluated.code, 0) << evaluated.err;
    const auto figures = Json::parse(evaluated.out);
    expect_keys(figures, {"top1", "top5", "loss"});
    EXPECT_EQ(figures["samples"], 40);
    EXPECT_EQ(figures["top1"], result[which + "_top1"]);
  }

  for (const auto& target : {out(), recipe().string()}) {
    const auto profiled = run_staa({"profile", target, "--json", "--images", "8"});
    ASSERT_EQ(profiled.code, 0) << profiled.err;
    const auto profile = Json::parse(profiled.out);
    expect_keys(profile, {"parameters", "flops", "macs", "acs", "energy_mj"});
    double acs = 0;
    for (const auto& layer : profile.at("layers")) acs += layer.at("acs").get<double>();
    EXPECT_NEAR(acs, profile["acs"].get<double>(), 1e-6 * acs);
  }
}

TEST_F(TinyCommand, ExportsWhatStaaRunRuns) {
  ASSERT_EQ(run_staa(train({"--set", "train.epochs=1"})).code, 0);
  const auto evaluated = run_staa({"eval", out(), "--json"});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  const auto expected = Json::parse(evaluated.out)["top1"].get<double>();
  for (const std::string precision : {"fp32", "bf16", "int16", "int8"}) {
    std::vector<std::string> arguments{"export", out(), "-o", out(precision + ".staa")};
    if (precision == "int8") {
      arguments.emplace_back("--int8");
    } else {
      arguments.insert(arguments.end(), {"--precision", precision});
    }
    const auto exported = run_staa(arguments);
    ASSERT_EQ(exported.code, 0) << exported.err;
    expect_holds_all(exported.out, {precision, "resnet20", "T = 2"});
    const Command command{
        STAA_RUN_PROGRAM,
        {out(precision + ".staa"), (folder_ / "data" / "t10k-images-idx3-ubyte").string(),
         "--labels", (folder_ / "data" / "t10k-labels-idx1-ubyte").string(), "--bench", "--json"}};
    const auto ran = Process(command).wait();
    ASSERT_EQ(ran.code, 0) << ran.err;
    // A spike within rounding of the threshold may change and affect at most two of the 40 images.
    EXPECT_NEAR(100 * Json::parse(ran.out)["accuracy"].get<double>(), expected, 5.01) << precision;
  }
}

TEST_F(TinyCommand, ExportWritesNothingForAMissingRun) {
  expect_usage_error({"export", out("none"), "-o", out("none.staa")}, {"none"});
  expect_usage_error({"export", out("none")}, {"--output"});
  EXPECT_FALSE(std::filesystem::exists(out("none.staa")));
}

TEST_F(TinyCommand, ASecondRunIntoAFolderIsRefusedAndCanGoOn) {
  ASSERT_EQ(run_staa(train({"--set", "train.epochs=1"})).code, 0);
  const auto before = read_text_file(folder_ / "run" / "metrics.jsonl");
  expect_usage_error(train(), {out(), "already here", "--resume"});
  EXPECT_EQ(read_text_file(folder_ / "run" / "metrics.jsonl"), before);
  expect_usage_error({"train", "--resume", "--out", out(), "--set", "optimizer.lr=1"},
                     {"optimizer.lr", "the run has 0.1"});
  const auto resumed =
      run_staa({"train", "--resume", "--out", out(), "--set", "train.epochs=2", "--json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(Json::parse(resumed.out)["epochs"], 2);
}

TEST_F(TinyCommand, CountsADataSet) {
  const auto ended = run_staa({"data", "check", "mnist", (folder_ / "data").string(), "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto object = Json::parse(ended.out);
  EXPECT_EQ(object["train"], 240);
  EXPECT_EQ(object["classes"].size(), 10U);
  EXPECT_EQ(object["classes"][3]["test"], 4);

  write_bytes(folder_ / "data" / "t10k-labels-idx1-ubyte", "short");
  const auto broken = run_staa({"data", "check", "mnist", (folder_ / "data").string()});
  EXPECT_EQ(broken.code, 1);
  expect_holds_all(broken.err, {"t10k-labels-idx1-ubyte"});
}

}  // namespace
}  // namespace staa::test
