#include "staa/runtime/graph/graph_plan.h"

namespace staa::runtime {

using format::kGraphInput;

GraphPlan::GraphPlan(const format::GraphFile& file)
    : graph_(file.graph()), read_late_(graph_.layers.size()) {
  std::vector<char> binary;
  for (const auto& layer : graph_.layers) {
    for (const auto& need : format::tensors_of(graph_, layer)) {
      weight_bytes_ += file.size(need.name) * sizeof(float);
    }
    operations_.push_back(make_operation(file, layer));
    // A sum, or an input from the previous step, is stored as a whole image without a list.
    const bool alone = layer.inputs.size() == 1 && layer.late.empty();
    const auto from = alone ? layer.inputs[0] : kGraphInput;
    const bool input_listed = alone && (from == kGraphInput || listed_[from] != 0);
    const bool input_binary = alone && from != kGraphInput && binary[from] != 0;
    bool still = layer.late.empty() && operations_.back()->stands_still();
    for (const auto input : layer.inputs) {
      still = still && (input == kGraphInput || still_[input] != 0);
    }
    listed_.push_back(operations_.back()->lists(input_listed) ? 1 : 0);
    binary_input_.push_back(input_binary ? 1 : 0);
    binary.push_back(operations_.back()->binary(input_binary) ? 1 : 0);
    still_.push_back(still ? 1 : 0);
    for (const auto late : layer.late) read_late_[late] = 1;
  }
}

}  // namespace staa::runtime
