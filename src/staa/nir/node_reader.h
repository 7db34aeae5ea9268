#pragma once

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// What is wrong with one node; the importer gathers these for one error.
class Problem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename... Args>
[[noreturn]] void complain(fmt::format_string<Args...> format, Args&&... args) {
  throw Problem(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws Problem where the node has no such array of numbers.
const Array& array(const Node& node, const std::string& key);
const Array* find_array(const Node& node, const std::string& key);

/// A whole number from `least` to `most`.
std::int64_t whole(const Node& node, const std::string& key, std::int64_t least, std::int64_t most);

/// `count` whole numbers, or one for all of them.
std::vector<std::int64_t> wholes(const Node& node, const std::string& key, std::size_t count,
                                 std::int64_t least);

/// Extents of at least 1.
std::vector<std::int64_t> extents(const Node& node, const std::string& key);

/// One value for each of a layer's, [H, W, C]: of an array of its shape with the channels first, or
/// of one number for all.
std::vector<double> spread(const Node& node, const std::string& key,
                           const std::vector<std::int64_t>& shape);

}  // namespace staa::nir
