#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "inputs.h"
#include "printing.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

struct ClassifierOptions {
  std::size_t threads = 1;   ///< 0: one per core
  std::size_t steps = 1;     ///< time steps of an image
  float confidence = 0;      ///< stop as soon as the probability reaches this; 0: run all steps
  bool each_step = false;    ///< also print the output of each step; needs a single thread
  bool only_totals = false;  ///< print nothing for each sample, and do not count operations
  bool json = false;
};

/// Classifies samples one by one, or in batches if there are several threads, and reports the
/// results in order.
class Classifier {
 public:
  /// `model` must live longer.
  Classifier(const ClassifierOptions& options, const runtime::Model& model);

  /// Takes a copy of the sample.
  void take(const ModelInput& sample);

  /// Classifies and reports the samples that are still held.
  void tell();

  Totals totals();

 private:
  static constexpr std::size_t kPerThread = 32;

  /// A sample with a copy of its data.
  struct Held {
    Held(const ModelInput& from, const runtime::Model& model);

    ModelInput sample;
    std::vector<std::uint8_t> image;
    std::vector<float> frames;
    runtime::Prediction found;
    runtime::Activity activity;
    double milliseconds = 0;
  };

  runtime::Prediction classify(runtime::Session& session, const ModelInput& sample) const;
  void count(const Held& held);

  ClassifierOptions options_;
  const runtime::Model& model_;
  runtime::Pool pool_;
  std::size_t batch_;
  std::vector<Held> held_;
  std::chrono::steady_clock::time_point start_;
  Totals totals_;
};

}  // namespace staa::app
