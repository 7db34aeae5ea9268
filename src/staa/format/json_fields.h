#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "staa/util/error.h"

namespace staa::format {

constexpr std::size_t kMaxText = 256;  ///< maximum size of a name in bytes

/// The fields of one JSON object. Each must be read once with its expected type; finish() refuses
/// fields that were not read.
class Fields {
 public:
  Fields(const nlohmann::json& object, const std::string& source, std::string where)
      : object_(object), source_(source), where_(std::move(where)) {
    if (!object.is_object()) complain("expected an object");
  }

  const nlohmann::json& any(const std::string& key) {
    const auto found = object_.find(key);
    if (found == object_.end()) complain(fmt::format("'{}' is missing", key));
    asked_.insert(key);
    return *found;
  }

  std::string text(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_string()) complain(fmt::format("'{}': expected a text", key));
    return short_text(value.get<std::string>(), key);
  }

  std::string text_or(const std::string& key, const std::string& otherwise) {
    return object_.contains(key) ? text(key) : otherwise;
  }

  std::int64_t whole(const std::string& key) {
    const auto& value = any(key);
    constexpr std::uint64_t kMost = 1 << 30;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
      complain(fmt::format("'{}': expected a whole number from 0 to {}", key, kMost));
    }
    return static_cast<std::int64_t>(value.get<std::uint64_t>());
  }

  double number(const std::string& key) { return finite(any(key), key); }

  /// For a field that is absent in files of earlier versions of the program.
  double number_or(const std::string& key, double otherwise) {
    return object_.contains(key) ? number(key) : otherwise;
  }

  bool boolean(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_boolean()) complain(fmt::format("'{}': expected true or false", key));
    return value.get<bool>();
  }

  bool boolean_or(const std::string& key, bool otherwise) {
    return object_.contains(key) ? boolean(key) : otherwise;
  }

  const nlohmann::json& list(const std::string& key) {
    const auto& value = any(key);
    if (!value.is_array()) complain(fmt::format("'{}': expected a list", key));
    return value;
  }

  std::vector<float> numbers(const std::string& key) {
    std::vector<float> out;
    for (const auto& value : list(key)) out.push_back(static_cast<float>(finite(value, key)));
    return out;
  }

  std::vector<std::string> texts(const std::string& key) {
    std::vector<std::string> out;
    for (const auto& value : list(key)) {
      if (!value.is_string()) complain(fmt::format("'{}': expected texts", key));
      out.push_back(short_text(value.get<std::string>(), key));
    }
    return out;
  }

  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (asked_.count(key) == 0) complain(fmt::format("unknown field '{}'", key));
    }
  }

  /// Reads the field "kind", whose text must be a name in the given table of kinds.
  template <class Kind>
  Kind kind(const std::vector<std::pair<Kind, std::string>>& names) {
    const auto found = text("kind");
    for (const auto& [kind, name] : names) {
      if (name == found) return kind;
    }
    complain(fmt::format("unknown kind '{}'", found));
  }

  [[noreturn]] void complain(const std::string& what) const {
    fail(ErrorKind::kInput, "{}: {}: {}", source_, where_, what);
  }

 private:
  double finite(const nlohmann::json& value, const std::string& key) const {
    if (!value.is_number() || !std::isfinite(value.get<float>())) {
      complain(fmt::format("'{}': expected finite numbers", key));
    }
    return value.get<double>();
  }

  std::string short_text(const std::string& text, const std::string& key) const {
    if (text.size() > kMaxText) {
      complain(
          fmt::format("'{}': a text of {} bytes, expected at most {}", key, text.size(), kMaxText));
    }
    return text;
  }

  const nlohmann::json& object_;
  const std::string& source_;
  std::string where_;
  std::set<std::string> asked_;
};

}  // namespace staa::format
