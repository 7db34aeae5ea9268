#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "staa/options/option.h"
#include "staa/recipe/recipe.h"

namespace staa::recipe {

/// The value of a recipe key, as one of TOML's types.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                           std::vector<StepsFrom>>;

enum class ValueType { kBoolean, kInteger, kNumber, kString, kChoice, kIntegers, kStepsFrom };

/// One key of a recipe, with everything that is needed to parse, check, print and document it.
struct Key {
  std::string path;  ///< "TABLE.NAME", or "NAME" at the top
  ValueType type;
  std::string meaning;
  Range range = {};                  ///< for numbers
  std::vector<std::string> choices;  ///< for a kChoice
  std::string numbered;  ///< the choice that may carry a number, such as "cuda" in "cuda:1"

  std::function<Value(const Recipe&)> get;
  /// `value` must have this key's type and be in its range.
  std::function<void(Recipe&, const Value&)> set;

  /// "expected an integer", "one of lif or staa_lif" and the like, for messages.
  std::string type_name() const;
  /// Whether a kChoice accepts this word.
  bool in_choices(const std::string& word) const;
};

/// All keys, in the order in which to_toml() prints them.
const std::vector<Key>& all_keys();

/// Writes a value as TOML.
std::string print_value(const Value& value);

}  // namespace staa::recipe
