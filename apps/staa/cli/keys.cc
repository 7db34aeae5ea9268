#include "cli/keys.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "staa/recipe/recipe.h"

namespace staa::app {

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

}  // namespace staa::app
