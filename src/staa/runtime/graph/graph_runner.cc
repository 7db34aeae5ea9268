#include "staa/runtime/graph/graph_runner.h"

#include <algorithm>

#include "staa/runtime/prediction.h"
#include "staa/util/error.h"

namespace staa::runtime {
namespace {

using format::kGraphInput;

std::size_t values_of(const std::vector<std::int64_t>& shape) {
  return static_cast<std::size_t>(format::extent_of(shape).values());
}

void add(const Signal& from, Signal& to) {
  const auto sparse = from.sparse();
  if (sparse.active == nullptr) {
    for (std::size_t i = 0; i < to.values.size(); ++i) to.values[i] += from.values[i];
    return;
  }
  for (std::size_t n = 0; n < sparse.count; ++n) {
    to.values[sparse.active[n]] += from.values[sparse.active[n]];
  }
}

void wipe(Memory& memory) {
  std::fill(memory.membrane.begin(), memory.membrane.end(), 0.0F);
  std::fill(memory.synapse.begin(), memory.synapse.end(), 0.0F);
  std::fill(memory.past.begin(), memory.past.end(), 0.0F);
  memory.next = 0;
}

}  // namespace

GraphRunner::GraphRunner(std::shared_ptr<const GraphPlan> plan, const Options& options)
    : plan_(std::move(plan)), options_(options) {
  const auto& graph = plan_->graph();
  steps_ = options.steps > 0 ? options.steps : static_cast<std::size_t>(graph.steps);
  input_ = Signal(values_of(graph.input), true);
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const auto& layer = graph.layers[i];
    const auto values = values_of(layer.shape);
    signals_.emplace_back(values, plan_->listed(i));
    before_.emplace_back(plan_->read_late(i) ? values : 0, false);
    const bool several = layer.inputs.size() + layer.late.size() > 1 || !layer.late.empty();
    joined_.emplace_back(several ? values_of(*format::input_of(graph, layer)) : 0, false);
    memories_.push_back(plan_->operation(i).memory());
  }
  sums_.resize(graph.classes.size());
}

void GraphRunner::reset() {
  done_ = 0;
  shown_ = false;
  std::fill(sums_.begin(), sums_.end(), 0.0F);
  activity_ = {};
  for (auto& memory : memories_) wipe(memory);
  for (auto& signal : before_) signal.clear();
}

void GraphRunner::show(const std::uint8_t* image) {
  const auto& graph = plan_->graph();
  const auto channels = graph.mean.size();
  constexpr float kMost = 255;
  input_.clear();
  for (std::size_t i = 0; i < input_.values.size(); ++i) {
    const auto c = i % channels;
    const float value = (static_cast<float>(image[i]) / kMost - graph.mean[c]) / graph.stddev[c];
    if (value != 0) input_.put(static_cast<std::uint32_t>(i), value);
  }
  shown_ = fresh_ = true;
}

void GraphRunner::show(const float* frame) {
  input_.clear();
  for (std::size_t i = 0; i < input_.values.size(); ++i) {
    if (frame[i] != 0) input_.put(static_cast<std::uint32_t>(i), frame[i]);
  }
  shown_ = fresh_ = true;
}

void GraphRunner::begin(const std::uint8_t* image) {
  reset();
  show(image);
}

Prediction GraphRunner::step() {
  if (!shown_) fail(ErrorKind::kUsage, "step: no image is shown; begin with one");
  advance();
  return predict(sums_, done_);
}

Prediction GraphRunner::push(const std::uint8_t* image) {
  show(image);
  return step();
}

Prediction GraphRunner::push(const float* frame) {
  show(frame);
  return step();
}

Prediction GraphRunner::classify(const std::uint8_t* image, float confidence) {
  begin(image);
  auto prediction = step();
  while (prediction.steps < steps_ && (confidence <= 0 || prediction.probability < confidence)) {
    prediction = step();
  }
  return prediction;
}

void GraphRunner::advance() {
  const auto layers = signals_.size();
  for (std::size_t i = 0; i < layers; ++i) run(i);
  for (std::size_t i = 0; i < layers; ++i) {
    if (!plan_->read_late(i)) continue;
    before_[i].clear();
    add(signals_[i], before_[i]);
  }
  const auto& graph = plan_->graph();
  const auto extent = format::extent_of(graph.layers.back().shape);
  const auto& output = signals_.back().values;
  for (std::size_t i = 0; i < output.size(); ++i) {
    // Outputs are numbered with channels first, as in the file they were imported from.
    const auto channels = static_cast<std::size_t>(extent.channels);
    const auto pixels = static_cast<std::size_t>(extent.pixels());
    sums_[i % channels * pixels + i / channels] += output[i];
  }
  ++done_;
  fresh_ = false;
}

const Signal& GraphRunner::input_of(std::size_t i) {
  const auto& layer = plan_->graph().layers[i];
  const auto signal = [&](std::size_t from) -> const Signal& {
    return from == kGraphInput ? input_ : signals_[from];
  };
  if (layer.late.empty() && layer.inputs.size() == 1) return signal(layer.inputs[0]);
  auto& sum = joined_[i];
  sum.clear();
  for (const auto from : layer.inputs) add(signal(from), sum);
  for (const auto from : layer.late) add(before_[from], sum);
  return sum;
}

void GraphRunner::run(std::size_t i) {
  const auto& operation = plan_->operation(i);
  const bool known = plan_->still(i) && !fresh_;
  const auto& in = input_of(i);
  if (!known) operation.run(in, memories_[i], signals_[i]);
  if (plan_->spikes(i)) {
    activity_.spikes += signals_[i].count;
    activity_.neurons += signals_[i].values.size();
  }
  if (!options_.count_operations) return;
  const auto products = operation.products(in);
  (plan_->binary_input(i) ? activity_.acs : activity_.macs) += products;
}

std::size_t GraphRunner::state_bytes() const {
  std::size_t bytes = input_.bytes();
  for (const auto* signals : {&signals_, &before_, &joined_}) {
    for (const auto& signal : *signals) bytes += signal.bytes();
  }
  for (const auto& memory : memories_) bytes += memory.bytes();
  return bytes;
}

}  // namespace staa::runtime
