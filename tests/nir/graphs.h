#pragma once

#include <string>
#include <utility>
#include <vector>

#include "staa/nir/graph.h"

namespace staa::test {

using Extents = std::vector<std::int64_t>;

inline std::int64_t values_of(const Extents& shape) {
  std::int64_t values = 1;
  for (const auto extent : shape) values *= extent;
  return values;
}

/// Builds small NIR graphs node by node.
class GraphBuilder {
 public:
  GraphBuilder() { graph_.type = nir::kGraphType; }

  nir::Node& add(const std::string& name, const std::string& type) {
    nir::Node node;
    node.name = name;
    node.type = type;
    graph_.nodes.push_back(node);
    return graph_.nodes.back();
  }

  static nir::Array whole(std::vector<double> values) {
    return {{static_cast<std::int64_t>(values.size())}, std::move(values)};
  }
  static nir::Array one(double value) { return {{}, {value}}; }
  static nir::Array extents(const Extents& shape) {
    return whole(std::vector<double>(shape.begin(), shape.end()));
  }
  static nir::Array filled(const Extents& shape, double value) {
    return {shape, std::vector<double>(static_cast<std::size_t>(values_of(shape)), value)};
  }

  void input(const std::string& name, const Extents& shape) {
    add(name, "Input").arrays["shape"] = extents(shape);
  }
  void output(const std::string& name) { add(name, "Output"); }
  void edge(const std::string& from, const std::string& to) { graph_.edges.push_back({from, to}); }
  void chain(const std::vector<std::string>& names) {
    for (std::size_t i = 1; i < names.size(); ++i) edge(names[i - 1], names[i]);
  }

  nir::Node& graph() { return graph_; }

 private:
  nir::Node graph_;
};

}  // namespace staa::test
