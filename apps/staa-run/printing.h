#pragma once

#include <cstddef>
#include <vector>

#include "inputs.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

/// What a run of the program took and found, over all samples.
struct Totals {
  std::size_t threads = 1;
  double seconds = 0;  ///< with several threads: from the first sample to the last result
  std::size_t weight_bytes = 0;
  std::size_t session_bytes = 0;  ///< of all threads together
  std::size_t images = 0;
  std::size_t labelled = 0;
  std::size_t correct = 0;
  std::size_t steps = 0;
  double milliseconds = 0;
  double firing_rate = 0;
};

/// Prints a sample's class and what it cost: a line of text, or a JSON object with `json`.
void print_result(const runtime::Model& model, const ModelInput& sample,
                  const runtime::Prediction& found, const runtime::Activity& activity,
                  double milliseconds, bool json);

/// Prints speed, sizes and, if samples had labels, the accuracy; nothing without samples.
void print_totals(const Totals& totals, bool json);

/// Prints the network's output in each step, one JSON object per line.
class StepPrinter {
 public:
  explicit StepPrinter(const runtime::Model& model) : before_(model.classes().size()) {}

  void print(const ModelInput& sample, const runtime::Session& session, std::size_t step);

 private:
  std::vector<float> before_;
};

}  // namespace staa::app
