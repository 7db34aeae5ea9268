#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "staa/train/classifier.h"
#include "staa/train/fit.h"
#include "staa/train/optimizer.h"
#include "staa/train/progress.h"
#include "staa/train/teacher.h"
#include "staa/train/weight_average.h"

namespace staa::train {

/// All state that changes during a training, which is what a checkpoint contains.
class TrainingState {
 public:
  TrainingState(const Classifier& network, const FitOptions& options);

  /// Reads the checkpoint that the options name. Throws the errors of load_checkpoint().
  void load();
  void save() const;

  /// Makes the network as it is evaluated now the teacher.
  void take_teacher();

  torch::nn::Module& module() const { return network.module(); }

  Classifier network;
  Optimizer optimizer;
  std::unique_ptr<WeightAverage> average;  ///< null if no averaging is wanted
  std::unique_ptr<Teacher> teacher;        ///< null if nothing is distilled
  Progress progress;

 private:
  KeptCopies copies() const;

  const FitOptions& options_;
};

}  // namespace staa::train
