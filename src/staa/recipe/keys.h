#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "staa/options/option.h"
#include "staa/recipe/recipe.h"

namespace staa::recipe {

/// A value of a recipe as TOML knows it.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                           std::vector<StepsFrom>>;

enum class ValueType { kBoolean, kInteger, kNumber, kString, kChoice, kIntegers, kStepsFrom };

/// One key of a recipe: all that parsing, checking, printing and documenting need to know of it.
struct Key {
  std::string path;  ///< "TABLE.NAME", or "NAME" at the top
  ValueType type;
  std::string meaning;
  Range range = {};                  ///< of numbers
  std::vector<std::string> choices;  ///< of a kChoice
  std::string numbered;  ///< one of the choices, which may stand with a number: "cuda" for "cuda:1"

  std::function<Value(const Recipe&)> get;
  /// `value` has this key's type and is in its range.
  std::function<void(Recipe&, const Value&)> set;

  /// "expected an integer", "one of lif or staa_lif": for messages.
  std::string type_name() const;
  /// Whether a kChoice takes this word.
  bool in_choices(const std::string& word) const;
};

/// All keys, in the order in which to_toml prints them.
const std::vector<Key>& all_keys();

/// Writes a value as TOML.
std::string print_value(const Value& value);

}  // namespace staa::recipe
