#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Graphs of the Neuromorphic Intermediate Representation as files store them (neuroir.org): nodes
/// with types and arrays, connected by edges.
namespace staa::nir {

/// The type in which numbers are written. Numbers that were read have kDouble.
enum class NumberType { kDouble, kFloat, kWhole };

/// An array of numbers; without extents it is a single number.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
  NumberType type = NumberType::kDouble;
};

struct Edge {
  std::string from;
  std::string to;

  bool operator==(const Edge& other) const { return from == other.from && to == other.to; }
  bool operator<(const Edge& other) const {
    return std::pair(from, to) < std::pair(other.from, other.to);
  }
};

struct Node {
  std::string name;
  std::string type;
  std::map<std::string, Array> arrays;
  std::map<std::string, std::string> texts;  ///< datasets with text, such as a padding of "same"
  std::map<std::string, Array> metadata;     ///< metadata with numbers
  std::map<std::string, std::string> notes;  ///< metadata with text
  std::vector<Node> nodes;                   ///< of a subgraph
  std::vector<Edge> edges;
};

constexpr const char* kGraphType = "NIRGraph";

/// Returns the graph without subgraphs. Each subgraph is replaced by its nodes, named
/// "subgraph.node", and its inputs and outputs by nodes of type kPass. Duplicate edges are removed.
/// Throws Error(kInput) that begins with `source` if an edge starts or ends at no node.
Node without_subgraphs(const Node& graph, const std::string& source);

constexpr const char* kPass = "(pass)";

}  // namespace staa::nir
