#pragma once

#include <memory>
#include <vector>

#include "staa/runtime/graph/graph_plan.h"
#include "staa/runtime/runtime.h"

namespace staa::runtime {

/// One stream of inputs through a graph, step by step. Implements Session for files of version 2.
class GraphRunner {
 public:
  GraphRunner(std::shared_ptr<const GraphPlan> plan, const Options& options);

  void reset();
  void begin(const std::uint8_t* image);
  Prediction step();
  Prediction push(const std::uint8_t* image);
  Prediction push(const float* frame);
  Prediction classify(const std::uint8_t* image, float confidence);

  const Activity& activity() const { return activity_; }
  const std::vector<float>& output_sums() const { return sums_; }
  std::size_t state_bytes() const;

 private:
  void show(const std::uint8_t* image);
  void show(const float* frame);
  void advance();
  void run(std::size_t layer);
  /// The single input of a layer, or the sum of its inputs.
  const Signal& input_of(std::size_t layer);

  std::shared_ptr<const GraphPlan> plan_;
  Options options_;
  std::size_t steps_;
  std::size_t done_ = 0;
  bool shown_ = false;
  bool fresh_ = false;  // the input has changed since the last step
  Signal input_;
  std::vector<Signal> signals_;
  std::vector<Signal> before_;  // for layers that are read late: the output of the previous step
  std::vector<Signal> joined_;  // for layers with several inputs: their sum
  std::vector<Memory> memories_;
  std::vector<float> sums_;
  Activity activity_;
};

}  // namespace staa::runtime
