#include <map>
#include <set>

#include "staa/nir/graph.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

/// The nodes that edges to and from a name of a graph connect.
struct Ends {
  std::vector<std::string> in;   // where edges to the name end; for a subgraph its inputs
  std::vector<std::string> out;  // where edges from the name start; for a subgraph its outputs
  bool subgraph = false;
};

class Flattener {
 public:
  explicit Flattener(const std::string& source) : source_(source) {}

  /// Adds the nodes of a graph. `prefix` is the graph's name followed by a dot, or empty at the
  /// top.
  void add(const Node& graph, const std::string& prefix, Ends& own) {
    std::map<std::string, Ends> ends;
    for (const auto& node : graph.nodes) {
      // Some writers already prefix the nodes of a subgraph with its name.
      const bool named = !prefix.empty() && node.name.rfind(prefix, 0) == 0;
      const auto name = named ? node.name : prefix + node.name;
      auto& place = ends[node.name];
      if (node.type == kGraphType) {
        place.subgraph = true;
        add(node, name + ".", place);
        continue;
      }
      if (!names_.insert(name).second) {
        fail(ErrorKind::kInput, "{}: node '{}': two nodes have that name", source_, name);
      }
      auto copy = node;
      copy.name = name;
      if (!prefix.empty() && node.type == "Input") {
        copy.type = kPass;
        own.in.push_back(name);
      }
      if (!prefix.empty() && node.type == "Output") {
        copy.type = kPass;
        own.out.push_back(name);
      }
      place.in = place.out = {name};
      flat_.nodes.push_back(std::move(copy));
    }
    for (const auto& edge : graph.edges) {
      const auto from = end(ends, prefix, edge.from, edge, /*in=*/false);
      const auto to = end(ends, prefix, edge.to, edge, /*in=*/true);
      if (edges_.insert({from, to}).second) flat_.edges.push_back({from, to});
    }
  }

  Node take() { return std::move(flat_); }

 private:
  std::string end(const std::map<std::string, Ends>& ends, const std::string& prefix,
                  const std::string& name, const Edge& edge, bool in) const {
    const auto found = ends.find(name);
    if (found == ends.end()) {
      // An edge may name one of several inputs or outputs of a subgraph.
      for (const auto& [graph, place] : ends) {
        if (!place.subgraph) continue;
        for (const auto& port : in ? place.in : place.out) {
          if (port == prefix + name) return port;
        }
      }
      fail(ErrorKind::kInput, "{}: the edge from '{}' to '{}': there is no node '{}'", source_,
           prefix + edge.from, prefix + edge.to, prefix + name);
    }
    const auto& ports = in ? found->second.in : found->second.out;
    if (ports.size() == 1) return ports[0];
    fail(ErrorKind::kInput,
         "{}: the edge from '{}' to '{}': expected a subgraph of one {}, '{}' has {}", source_,
         prefix + edge.from, prefix + edge.to, in ? "Input" : "Output", prefix + name,
         ports.size());
  }

  const std::string& source_;
  Node flat_;
  std::set<std::string> names_;
  std::set<Edge> edges_;
};

}  // namespace

Node without_subgraphs(const Node& graph, const std::string& source) {
  Flattener flattener(source);
  Ends ends;
  flattener.add(graph, "", ends);
  auto flat = flattener.take();
  flat.type = graph.type;
  flat.metadata = graph.metadata;
  flat.notes = graph.notes;
  return flat;
}

}  // namespace staa::nir
