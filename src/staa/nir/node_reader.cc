#include "staa/nir/node_reader.h"

#include <cmath>

namespace staa::nir {

const Array* find_array(const Node& node, const char* key) {
  const auto found = node.arrays.find(key);
  return found == node.arrays.end() ? nullptr : &found->second;
}

const Array& array(const Node& node, const char* key) {
  if (const auto* found = find_array(node, key)) return *found;
  if (node.texts.count(key) > 0) complain("dataset '{}': expected numbers, found a text", key);
  complain("dataset '{}' is missing", key);
}

std::vector<std::int64_t> wholes(const Node& node, const std::string& key, std::size_t count,
                                 std::int64_t least) {
  constexpr double kMost = 1 << 30;
  const auto& found = array(node, key.c_str());
  const bool one = found.values.size() == 1;
  if (!one && (found.values.size() != count || found.shape.size() != 1)) {
    complain("dataset '{}': expected {} whole numbers, found the shape {}", key, count,
             format::describe_shape(found.shape));
  }
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = found.values[one ? 0 : i];
    if (!(value >= static_cast<double>(least) && value <= kMost) || value != std::floor(value)) {
      complain("dataset '{}': expected whole numbers from {} to {}, found {}", key, least, kMost,
               value);
    }
    numbers.push_back(static_cast<std::int64_t>(value));
  }
  return numbers;
}

std::int64_t whole(const Node& node, const std::string& key, std::int64_t least,
                   std::int64_t most) {
  const auto value = wholes(node, key, 1, least)[0];
  if (value > most) complain("dataset '{}': expected at most {}, found {}", key, most, value);
  return value;
}

std::vector<std::int64_t> extents(const Node& node, const std::string& key) {
  const auto& found = array(node, key.c_str());
  if (found.shape.size() > 1 || found.values.empty() || found.values.size() > 3) {
    complain("dataset '{}': expected the 1 to 3 extents of a shape, found an array of shape {}",
             key, format::describe_shape(found.shape));
  }
  return wholes(node, key, found.values.size(), 1);
}

std::vector<double> spread(const Node& node, const std::string& key,
                           const std::vector<std::int64_t>& shape) {
  const auto& found = array(node, key.c_str());
  const auto extent = format::extent_of(shape);
  const auto values = static_cast<std::size_t>(extent.values());
  if (found.values.size() == 1) return std::vector<double>(values, found.values[0]);
  if (found.shape != shape) {
    complain("dataset '{}': expected the shape {} of its input, found {}", key,
             format::describe_shape(shape), format::describe_shape(found.shape));
  }
  std::vector<double> spread(values);
  const auto channels = static_cast<std::size_t>(extent.channels);
  const auto pixels = static_cast<std::size_t>(extent.pixels());
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < pixels; ++p) {
      spread[p * channels + c] = found.values[c * pixels + p];
    }
  }
  return spread;
}

}  // namespace staa::nir
