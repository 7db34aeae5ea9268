#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// Graphs of the Neuromorphic Intermediate Representation as they lie in files (neuroir.org):
/// nodes of given types with their arrays, and edges.
namespace staa::nir {

/// How numbers are written; of those that were read it is kDouble.
enum class NumberType { kDouble, kFloat, kWhole };

/// Numbers; without extents it is one number.
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
  std::map<std::string, std::string> texts;  ///< such as a padding of "same"
  std::map<std::string, Array> metadata;     ///< that are numbers
  std::map<std::string, std::string> notes;  ///< metadata that are texts
  std::vector<Node> nodes;                   ///< of a subgraph
  std::vector<Edge> edges;
};

constexpr const char* kGraphType = "NIRGraph";

/// A graph without subgraphs: each is replaced by its nodes, named "subgraph.node", its inputs and
/// outputs by nodes of type kPass. Edges that stand there twice are taken once. Throws
/// Error(kInput) that begins with `source` for edges that lead from or to no node.
Node without_subgraphs(const Node& graph, const std::string& source);

constexpr const char* kPass = "(pass)";

}  // namespace staa::nir
