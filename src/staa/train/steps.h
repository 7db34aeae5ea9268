#pragma once

#include <memory>
#include <string>
#include <vector>

#include "staa/distributed/gradient_sum.h"
#include "staa/train/agreement.h"
#include "staa/train/batch.h"
#include "staa/train/fit.h"
#include "staa/train/loss.h"
#include "staa/train/non_finite.h"
#include "staa/train/spike_budget.h"
#include "staa/train/training_state.h"

namespace staa::train {

/// Makes the training steps of a fit, alone or together with other processes.
class Steps {
 public:
  /// The arguments must outlive this object.
  Steps(TrainingState& state, const FitOptions& options, const Callbacks& callbacks);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  /// The result of a step.
  struct Outcome {
    bool taken = false;  ///< false: skipped because its loss or a gradient was not finite
    double loss = 0;     ///< of the whole batch
  };

  /// The settings that change in the course of a fit.
  struct Pace {
    double learning_rate = 0;
    double budget = 0;  ///< current share of the spike budget's weight, 0 to 1
  };

  /// Makes one step on a batch; `own` is this process's share of it. Progress moves on by one
  /// batch.
  Outcome take(TensorBatch own, const GroupState& group, const Pace& pace);

  /// Spike rate of the newest step, as the spike budget counts it; negative without a budget.
  double spike_rate() const { return budget_ ? budget_->rate() : -1; }

  /// Runs inputs through the network in training mode without a step. Each process uses its own.
  void show(const torch::Tensor& inputs);

  /// Averages over all processes the BatchNorm statistics that each has tracked on its own.
  void average_statistics();

 private:
  /// The part of a step that this process computes.
  struct Part {
    TensorBatch batch;
    GroupState group;
    bool repeated = false;  ///< whether every process computes the whole batch
    double weight = 1;      ///< weight of its mean loss in the mean loss of the whole batch
  };

  void share_statistics();
  Part part_of(TensorBatch own, const GroupState& group) const;
  /// Mixup of one batch: sample i is mixed with sample partners[i] of the whole batch.
  struct Mixup {
    double share = 1;        ///< weight of the sample itself
    torch::Tensor partners;  ///< [own samples]
  };

  Mixup draw_mixup(const Part& part) const;
  void mix_inputs(const Mixup& mixup, Part& part) const;
  torch::Tensor mixed_targets(const Mixup& mixup, const Part& part, torch::Tensor targets) const;
  torch::Tensor loss_of(Part& part, Hits& hits) const;
  double sum_up(const Part& part, const torch::Tensor& loss, const Hits& hits);
  bool descend(const torch::Tensor& loss, double weight, double budget);
  void refuse(const ForwardState& before, const Part& part, const std::string& what);

  TrainingState& state_;
  const FitOptions& options_;
  const Callbacks& callbacks_;
  distributed::GradientSum gradients_;
  std::unique_ptr<BudgetKeeper> budget_;       // null without a budget
  std::vector<torch::Tensor> own_statistics_;  // statistics that no layer sums over the processes
  bool repeated_ = false;  // whether every process computes the whole batch in this step
};

}  // namespace staa::train
