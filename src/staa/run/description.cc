#include "staa/run/description.h"

#include <nlohmann/json.hpp>

#include "staa/util/error.h"

namespace staa::run {
namespace {

using nlohmann::json;

constexpr const char* kRecipeKey = "staa.recipe";
constexpr const char* kInputKey = "staa.input";

}  // namespace

train::Metadata to_metadata(const RunDescription& description) {
  const auto& input = description.input;
  return {{kRecipeKey, description.recipe},
          {kInputKey, json{{"steps", input.shape.steps},
                           {"channels", input.shape.channels},
                           {"height", input.shape.height},
                           {"width", input.shape.width},
                           {"classes", input.classes},
                           {"mean", input.normalisation.mean},
                           {"stddev", input.normalisation.stddev}}
                          .dump()}};
}

RunDescription load_description(const std::filesystem::path& path) {
  const auto metadata = train::load_metadata(path, {kRecipeKey, kInputKey});
  RunDescription description;
  description.recipe = metadata.at(kRecipeKey);
  try {
    const auto j = json::parse(metadata.at(kInputKey));
    auto& input = description.input;
    input.shape = {j.value("steps", std::int64_t{1}), j.at("channels").get<std::int64_t>(),
                   j.at("height").get<std::int64_t>(), j.at("width").get<std::int64_t>()};
    input.classes = j.at("classes").get<std::vector<std::string>>();
    input.normalisation.mean = j.at("mean").get<std::vector<float>>();
    input.normalisation.stddev = j.at("stddev").get<std::vector<float>>();
  } catch (const json::exception& error) {
    fail(ErrorKind::kInput, "{}: its metadata '{}' cannot be read: {}", path.string(), kInputKey,
         error.what());
  }
  return description;
}

}  // namespace staa::run
