#pragma once

#include <cstdint>
#include <vector>

#include "staa/options/neuron.h"

namespace staa::train {

enum class LossKind {
  kMean,  ///< cross entropy of the output averaged over time
  kTet,   ///< temporal efficient training: cross entropy at every time step
};

/// What happens if a loss or a gradient is not finite.
enum class OnNan { kStop, kSkip };

enum class OptimizerKind { kSgd, kAdamW, kMuon };
enum class ScheduleKind { kCosine, kStep, kConstant, kLinear };

/// What a spike budget counts.
enum class SpikeCost {
  kRate,         ///< every spike counts the same: the mean firing rate
  kAccumulates,  ///< what a spike costs in the convolutions that read it: accumulates as a fraction
                 ///< of the multiply-adds of dense convolutions
};
enum class BudgetScope { kNetwork, kLayer };

/// A penalty on spikes above a target: weight * mean (max(0, rate / target - 1))^2, over the
/// network as a whole or over its layers.
struct SpikeBudget {
  double target = 0;  ///< the rate below which there is no penalty; 0: no budget
  SpikeCost cost = SpikeCost::kRate;
  BudgetScope scope = BudgetScope::kNetwork;
  double weight = 1;
  double ramp_epochs = 1;  ///< number of epochs with spikes over which the weight grows from 0

  bool wanted() const { return target > 0; }
};

/// How a network is trained, apart from its optimiser and learning-rate schedule.
struct TrainOptions {
  std::int64_t epochs = 100;
  std::int64_t batch = 128;     ///< samples per training step, summed over all processes
  std::int64_t eval_batch = 0;  ///< samples per evaluation step; 0: same as `batch`
  LossKind loss = LossKind::kMean;
  double tet_lambda = 0.05;  ///< weight of the squared distance in the TET loss
  double label_smoothing = 0;
  double distill =
      0;  ///< share of the targets that the network with ReLU gives the one with spikes
  double clip_norm = 0;               ///< largest 2-norm of all gradients; 0: no limit
  double ema = 0;                     ///< decay per step of the averaged weights; 0: no averaging
  double phase_lr = 1;                ///< factor on the learning rate after the first phase
  std::int64_t checkpoint_steps = 0;  ///< steps between checkpoints; 0: only one per epoch
  double checkpoint_minutes = 0;      ///< minutes between further checkpoints; 0: none
  OnNan on_nan = OnNan::kStop;
  SpikeBudget spike_budget;
  bool sync_batch_norm = true;  ///< BatchNorm's statistics are those of all processes' batches
  double loss_scale = 0;        ///< initial loss scale (fp16); 0: the loss is not scaled
  std::int64_t max_steps = 0;   ///< end after this number of steps in total; 0: no limit
};

/// How the network runs in some of the epochs.
struct Phase {
  std::int64_t steps = 1;  ///< T for still images
  Activation activation = Activation::kSpike;

  bool operator==(const Phase& other) const {
    return steps == other.steps && activation == other.activation;
  }
  bool operator!=(const Phase& other) const { return !(*this == other); }
};

/// From the start of `epoch` (counted from 0), the network runs in this phase.
struct PhaseFrom {
  std::int64_t epoch = 0;
  Phase phase;
};

/// One parameter class's factors on the learning rate and on the weight decay.
struct ClassFactors {
  double lr = 1;
  double decay = 1;
};

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kSgd;
  double lr = 0.1;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  OptimizerKind rest = OptimizerKind::kSgd;  ///< for what Muon does not train: SGD or AdamW
  double rest_lr = 0.02;
  double rest_momentum = 0.9;
  ClassFactors convolution;
  ClassFactors head;
  ClassFactors norm_scale{1, 0};
  ClassFactors norm_shift{1, 0};
  ClassFactors neuron_vector{1, 0};  ///< PE, LayerNorms, biases, decays and gains
  ClassFactors neuron_matrix;
  bool scale_gc_value = true;
};

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::kCosine;
  double warmup_epochs = 0;
  double min_lr = 1e-5;
  bool restart = false;  ///< cosine and linear: fall once with ReLU, and once more with spikes
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;
};

}  // namespace staa::train
