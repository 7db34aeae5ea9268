#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <sstream>

#include "staa/recipe/keys.h"

namespace staa::recipe {
namespace {

std::string print_number(double value) {
  auto text = fmt::format("{}", value);
  // TOML distinguishes a float from an integer by its spelling.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string print_string(const std::string& value) {
  std::ostringstream out;
  out << toml::value<std::string>(value);
  return out.str();
}

}  // namespace

std::string print_value(const Value& value) {
  struct Printer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return print_number(v); }
    std::string operator()(const std::string& v) const { return print_string(v); }
    std::string operator()(const std::vector<std::int64_t>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
    std::string operator()(const std::vector<StepsFrom>& v) const {
      std::vector<std::string> pairs;
      pairs.reserve(v.size());
      for (const auto& [epoch, steps] : v) pairs.push_back(fmt::format("[{}, {}]", epoch, steps));
      return fmt::format("[{}]", fmt::join(pairs, ", "));
    }
  };
  return std::visit(Printer{}, value);
}

std::string to_toml(const Recipe& recipe) {
  std::string out;
  std::string table;
  for (const auto& key : all_keys()) {
    const auto dot = key.path.find('.');
    const auto key_table = dot == std::string::npos ? "" : key.path.substr(0, dot);
    if (key_table != table) {
      table = key_table;
      out += fmt::format("\n[{}]\n", table);
    }
    const auto name = dot == std::string::npos ? key.path : key.path.substr(dot + 1);
    out += fmt::format("{} = {}\n", name, print_value(key.get(recipe)));
  }
  return out;
}

std::vector<KeyDescription> describe_keys() {
  std::vector<KeyDescription> out;
  const Recipe defaults;
  for (const auto& key : all_keys()) {
    out.push_back({key.path, key.type_name(), print_value(key.get(defaults)),
                   staa::describe(key.range), key.meaning});
  }
  return out;
}

}  // namespace staa::recipe
