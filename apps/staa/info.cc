#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/version.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "command.h"
#include "staa/data/sets/open.h"
#include "staa/models/registry.h"
#include "staa/options/network_table.h"
#include "staa/recipe/recipe.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct InfoOptions {
  bool keys = false;
  bool json = false;
  bool markdown = false;
};

/// Prints a page of the documentation, with one Markdown table per table of the recipe.
void print_keys_page() {
  std::cout << "# The keys of a recipe\n\nMade by `staa info --keys --markdown`.\n";
  std::string table = "none yet";
  for (const auto& key : recipe::describe_keys()) {
    const auto dot = key.path.find('.');
    const auto own = dot == std::string::npos ? std::string() : key.path.substr(0, dot);
    if (own != table) {
      std::cout << fmt::format(
          "\n## {}\n\n| key | default | values | meaning |\n|---|---|---|---|\n",
          own.empty() ? "Above all tables" : "[" + own + "]");
      table = own;
    }
    std::cout << fmt::format("| `{}` | `{}` | {}{}{} | {} |\n", key.path.substr(dot + 1),
                             key.initial, key.type, key.allowed.empty() ? "" : ", ", key.allowed,
                             key.meaning);
  }
}

void print_keys(bool json) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& key : recipe::describe_keys()) {
    if (json) {
      rows.push_back({{"key", key.path},
                      {"type", key.type},
                      {"default", key.initial},
                      {"range", key.allowed},
                      {"meaning", key.meaning}});
    } else {
      std::cout << fmt::format("{} = {}\n    {}\n    {}{}{}\n", key.path, key.initial, key.meaning,
                               key.type, key.allowed.empty() ? "" : ", ", key.allowed);
    }
  }
  if (json) std::cout << rows.dump(2) << '\n';
}

int info_command(const InfoOptions& options) {
  if (options.keys && options.markdown) {
    print_keys_page();
    return 0;
  }
  if (options.keys) {
    print_keys(options.json);
    return 0;
  }
  const bool cuda = torch::cuda::is_available();
  const auto devices = cuda ? static_cast<std::int64_t>(torch::cuda::device_count()) : 0;
  if (options.json) {
    const nlohmann::ordered_json object{{"version", STAA_VERSION},
                                        {"libtorch", TORCH_VERSION},
                                        {"cores", std::thread::hardware_concurrency()},
                                        {"cuda_devices", devices},
                                        {"networks", network_names()},
                                        {"data_sets", data::known_sets()}};
    std::cout << object.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format(
      "staa       {}\nLibTorch   {}\ncores      {}\nCUDA       {}\nnetworks   {}\ndata sets  {}\n"
      "\nThe keys of a recipe: staa info --keys\n",
      STAA_VERSION, TORCH_VERSION, std::thread::hardware_concurrency(),
      cuda ? fmt::format("{} device{}", devices, devices == 1 ? "" : "s") : "none",
      fmt::join(network_names(), ", "), fmt::join(data::known_sets(), ", "));
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<InfoOptions>();
  auto* command =
      app.add_subcommand("info", "What this build can do, on this machine; the keys of a recipe");
  command->add_flag("--keys", options->keys, "List every key of a recipe");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--markdown", options->markdown, "With --keys: print a page in Markdown");
  command->callback([options, &action] { action = [options] { return info_command(*options); }; });
}

}  // namespace staa::app
