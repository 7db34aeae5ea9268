#include <nlohmann/json.hpp>

#include "apps/tiny_command.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

class GradCamCommand : public TinyCommand {
 protected:
  GradCamCommand() {
    EXPECT_EQ(run_staa(train({"--set", "train.epochs=1"})).code, 0);
    EXPECT_EQ(run_staa(train({"--set", "train.epochs=1", "neuron.kind=lif"}, "lif")).code, 0);
  }

  Finished gradcam(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"gradcam", out(), "-o", picture().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_staa(arguments);
  }
  std::filesystem::path picture() const { return folder_ / "maps.png"; }
};

TEST_F(GradCamCommand, DrawsTwoRunsBesideEachOther) {
  const auto weights = folder_ / "run" / "best.safetensors";
  const auto before = text_of(weights);
  const auto ended = gradcam({"--compare", out("lif"), "--sample", "3", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(text_of(picture()).substr(1, 3), "PNG");
  EXPECT_EQ(text_of(weights), before);

  const auto object = Json::parse(ended.out);
  ASSERT_EQ(object["runs"].size(), 2U);
  const auto& staa = object["runs"][0];
  const auto& lif = object["runs"][1];
  EXPECT_EQ(staa["label"], lif["label"]);
  EXPECT_EQ(staa["explained"], staa["label"]);
  ASSERT_EQ(staa["layers"].size(), 19U);
  const auto& first = staa["layers"][0];
  EXPECT_EQ(first["name"], "stem.0");
  EXPECT_EQ(first["cam"].size(), 12U);
  EXPECT_EQ(first["cam"][0].size(), 12U);
  EXPECT_EQ(first["gc_attention_x"].size(), 2U);
  EXPECT_EQ(first["sa_gates"].size(), 2U);
  EXPECT_FALSE(lif["layers"][0].contains("sa_gates"));
}

TEST_F(GradCamCommand, ExplainsAPictureOfAnySizeAndOneLayer) {
  // The picture that gradcam draws serves as an image.
  ASSERT_EQ(gradcam({"--sample", "0"}).code, 0);
  const auto ended = gradcam(
      {"--image", picture().string(), "--layer", "stages.0.1.conv2", "--class", "7", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto object = Json::parse(ended.out);
  EXPECT_EQ(object["runs"][0]["explained"], "7");
  EXPECT_FALSE(object["runs"][0].contains("label"));
  ASSERT_EQ(object["runs"][0]["layers"].size(), 1U);
  EXPECT_EQ(object["runs"][0]["layers"][0]["cam"].size(), 6U);
}

TEST_F(GradCamCommand, RefusesWhatItCannotExplain) {
  const auto refuse = [&](const std::vector<std::string>& more, const std::string& part) {
    const auto ended = gradcam(more);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    EXPECT_FALSE(std::filesystem::exists(picture()));
  };
  refuse({}, "--sample N");
  refuse({"--sample", "0", "--image", "x.png"}, "--image");
  refuse({"--sample", "40"}, "has 40, counted from 0");
  refuse({"--sample", "0", "--layer", "stem.7"}, "did you mean 'stem.");
  refuse({"--sample", "0", "--class", "cat"}, "unknown class 'cat'");
}

}  // namespace
}  // namespace staa::test
