#include <algorithm>

#include "staa/format/graph.h"
#include "staa/runtime/graph/graph_plan.h"
#include "staa/runtime/plan.h"
#include "staa/runtime/runtime.h"

namespace staa::runtime {

Model Model::load(const std::string& path) { return load(format::SafetensorsReader(path)); }

Model Model::load(const std::vector<std::uint8_t>& bytes, const std::string& source) {
  return load(format::SafetensorsReader(bytes, source));
}

Model Model::load(format::SafetensorsReader reader) {
  if (format::stated_version(reader) == format::kGraphVersion) {
    return Model(std::make_shared<const GraphPlan>(format::GraphFile(std::move(reader))));
  }
  return Model(std::make_shared<const Plan>(format::ModelFile(std::move(reader))));
}

const std::string& Model::network() const {
  return graph_ ? graph_->graph().network : plan_->model().network;
}
const std::string& Model::precision() const {
  static const std::string fp32 = "fp32";
  return graph_ ? fp32 : plan_->model().precision;
}
std::size_t Model::steps() const {
  return static_cast<std::size_t>(graph_ ? graph_->graph().steps : plan_->model().steps);
}
bool Model::fixed_steps() const {
  if (graph_) return false;
  const auto& nodes = plan_->model().nodes;
  return std::any_of(nodes.begin(), nodes.end(), [](const format::Node& node) {
    return node.neuron.pe_x || node.neuron.pe_h || node.neuron.pe_u;
  });
}
const std::vector<std::string>& Model::classes() const {
  return graph_ ? graph_->graph().classes : plan_->model().classes;
}
std::size_t Model::weight_bytes() const {
  return graph_ ? graph_->weight_bytes() : plan_->weight_bytes();
}

Shape Model::input() const {
  const auto input = graph_ ? format::extent_of(graph_->graph().input) : plan_->model().input;
  return {static_cast<std::size_t>(input.channels), static_cast<std::size_t>(input.height),
          static_cast<std::size_t>(input.width)};
}

double Activity::firing_rate() const {
  return neurons == 0 ? 0 : static_cast<double>(spikes) / static_cast<double>(neurons);
}

double Activity::energy_mj() const {
  constexpr double kPicojoulesPerMac = 4.6;
  constexpr double kPicojoulesPerAc = 0.9;
  return (kPicojoulesPerMac * macs + kPicojoulesPerAc * acs) * 1e-9;
}

}  // namespace staa::runtime
