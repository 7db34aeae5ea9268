#pragma once

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "staa/format/graph.h"
#include "staa/nir/graph.h"

namespace staa::nir {

/// An error in one node. The importer collects these and reports them together.
class Problem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename... Args>
[[noreturn]] void complain(fmt::format_string<Args...> format, Args&&... args) {
  throw Problem(fmt::format(format, std::forward<Args>(args)...));
}

/// Returns an array; array() throws Problem if the node has no such numbers, find_array() returns
/// null.
const Array& array(const Node& node, const char* key);
const Array* find_array(const Node& node, const char* key);

/// Reads a whole number from `least` to `most`.
std::int64_t whole(const Node& node, const std::string& key, std::int64_t least, std::int64_t most);

/// Reads `count` whole numbers of at least `least`, or one that stands for all of them.
std::vector<std::int64_t> wholes(const Node& node, const std::string& key, std::size_t count,
                                 std::int64_t least);

/// Reads the 1 to 3 extents of a shape, each at least 1.
std::vector<std::int64_t> extents(const Node& node, const std::string& key);

/// Reads one number per value of a layer and returns them as [H, W, C]. The array must have the
/// layer's shape, with channels first, or hold one number for all values.
std::vector<double> spread(const Node& node, const std::string& key,
                           const std::vector<std::int64_t>& shape);

}  // namespace staa::nir
