#pragma once

#include <memory>
#include <vector>

#include "staa/runtime/graph/operation.h"

namespace staa::runtime {

/// A model file of version 2 in the form that GraphRunner runs. Index i belongs to layer i of the
/// graph.
class GraphPlan {
 public:
  explicit GraphPlan(const format::GraphFile& file);

  const format::GraphDescription& graph() const { return graph_; }
  const Operation& operation(std::size_t layer) const { return *operations_[layer]; }
  /// Whether the layer's output is listed, its input is only 0 and 1, and its output stays the same
  /// as long as the network's input does.
  bool listed(std::size_t layer) const { return listed_[layer] != 0; }
  bool binary_input(std::size_t layer) const { return binary_input_[layer] != 0; }
  bool still(std::size_t layer) const { return still_[layer] != 0; }
  /// Whether a layer reads the output one step later.
  bool read_late(std::size_t layer) const { return read_late_[layer] != 0; }
  bool spikes(std::size_t layer) const {
    const auto& node = graph_.layers[layer];
    return node.kind == format::LayerKind::kNeuron && node.dynamics.spikes;
  }
  std::size_t weight_bytes() const { return weight_bytes_; }
  const std::string& network() const { return graph_.network; }

 private:
  format::GraphDescription graph_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<char> listed_;
  std::vector<char> binary_input_;
  std::vector<char> still_;
  std::vector<char> read_late_;
  std::size_t weight_bytes_ = 0;
};

}  // namespace staa::runtime
