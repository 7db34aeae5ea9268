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

/// Makes the training steps of a fit, alone or with other processes.
class Steps {
 public:
  /// The arguments outlive this.
  Steps(TrainingState& state, const FitOptions& options, const Callbacks& callbacks);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  /// What a step came to.
  struct Outcome {
    bool taken = false;  ///< false: left out, as its loss or a gradient was not finite
    double loss = 0;     ///< of the whole batch
  };

  /// What changes in the course of a fit.
  struct Pace {
    double learning_rate = 0;
    double budget = 0;  ///< share of the spike budget's weight that counts
  };

  /// One step on a batch of which `own` is this process's share; progress moves on by a batch.
  Outcome take(TensorBatch own, const GroupState& group, const Pace& pace);

  /// Of the newest step, as the spike budget counts it; below 0 where none is kept.
  double spike_rate() const { return budget_ ? budget_->rate() : -1; }

  /// Shows the network inputs in training mode without a step: every process its own.
  void show(const torch::Tensor& inputs);

  /// BatchNorm's statistics that each process has followed by itself become the means of all.
  void average_statistics();

 private:
  /// What this process computes of a step.
  struct Part {
    TensorBatch batch;
    GroupState group;
    bool repeated = false;  ///< it is the whole batch, in every process
    double weight = 1;      ///< of its mean loss in that of the whole batch
  };

  void share_statistics();
  Part part_of(TensorBatch own, const GroupState& group) const;
  /// Mixup of one batch: sample i is mixed with sample partners[i] of the whole batch.
  struct Mixup {
    double share = 1;        ///< of the sample itself
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
  std::unique_ptr<BudgetKeeper> budget_;       // null: none is wanted
  std::vector<torch::Tensor> own_statistics_;  // that no layer adds up over the processes
  bool repeated_ = false;  // the step in progress computes the whole batch in every process
};

}  // namespace staa::train
