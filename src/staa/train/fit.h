#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "staa/distributed/communicator.h"
#include "staa/options/training.h"
#include "staa/train/checkpoint.h"
#include "staa/train/classifier.h"
#include "staa/train/data.h"
#include "staa/train/evaluate.h"
#include "staa/train/progress.h"

namespace staa::train {

/// All settings of a training apart from the network and the data.
struct FitOptions : TrainOptions {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;

  /// How staa's layers in the network run, and from which epoch on. Epochs must rise, and the first
  /// must be 0. Empty: the network runs as it was built. When the phase changes, BatchNorm's
  /// statistics are estimated anew. Only epochs of the last phase can become the best epoch.
  std::vector<PhaseFrom> phases;
  double mixup = 0;           ///< alpha of mixup's Beta distribution; 0: off
  double target_output = 1;   ///< target of the squared distance in the TET loss; v_th in the paper
  std::uint64_t seed = 1;     ///< for the sample order, augmentation and mixup
  std::int64_t workers = 1;   ///< threads that read samples; 0: the training thread reads them
  bool skip_corrupt = false;  ///< skip samples that throw Error(kInput) instead of failing
  torch::Device device = torch::kCPU;

  std::filesystem::path checkpoint;  ///< file to write checkpoints to; empty: none
  bool resume = false;               ///< continue from `checkpoint` if it exists
  Metadata metadata;                 ///< stored in the checkpoint

  /// The processes that train together. Each calls fit() with the same arguments. `batch` is the
  /// batch size summed over all processes. Only rank 0 writes the checkpoint.
  std::shared_ptr<distributed::Communicator> all = distributed::alone();
};

/// The state after a training step.
struct StepReport {
  Progress progress;
  std::int64_t epoch = 0;    ///< counted from 1
  std::int64_t epochs = 0;   ///< in the whole training
  std::int64_t batches = 0;  ///< in one epoch
  bool taken = true;         ///< false: skipped because its loss or a gradient was not finite
  double loss = 0;           ///< of this step's batch
  double learning_rate = 0;
  double images_per_s = 0;  ///< average of this epoch so far
  double seconds_left = 0;  ///< until the end, at that speed per time step
};

/// The state after an epoch and its evaluation.
struct EpochReport {
  Progress progress;        ///< after the epoch
  std::int64_t epoch = 0;   ///< counted from 1
  std::int64_t epochs = 0;  ///< of the whole training
  Phase phase;
  bool last_phase = true;    ///< whether no phase change follows this epoch
  double learning_rate = 0;  ///< of the last step of the epoch
  double train_loss = 0;
  double train_top1 = 0;  ///< percent
  Evaluation test;
  bool best = false;  ///< the best epoch of the last phase so far
  double images_per_s = 0;
  /// Spikes as the budget counts them, in the epoch's last training step; below 0 if there is no
  /// budget, and in an epoch with ReLU.
  double spike_rate = -1;
  double loader_wait_s = 0;        ///< time that training spent waiting for samples
  std::int64_t skipped_train = 0;  ///< corrupt samples that were skipped
};

/// Called in every process by its training thread. Any of them may be empty.
struct Callbacks {
  /// Called once before the first step, after the checkpoint (if any) has been read and all
  /// processes have agreed.
  std::function<void(const Progress&)> begin;
  /// Called after each step, and after its checkpoint if one is due.
  std::function<void(const StepReport&)> step;
  /// Called before each evaluation.
  std::function<void()> evaluation;
  /// Called after each epoch, before its checkpoint. The network then holds the weights that were
  /// evaluated: the averaged weights if there are any.
  std::function<void(const EpochReport&)> epoch;
  /// Called after each epoch, after its checkpoint.
  std::function<void(const EpochReport&)> saved;
  /// Called before each training step and each batch of an evaluation. A result other than 0 ends
  /// the fit in all processes, with a checkpoint.
  std::function<int()> stop;
  std::function<void(const std::string&)> say;   ///< progress messages
  std::function<void(const std::string&)> warn;  ///< warnings
};

struct FitResult {
  Progress progress;
  Evaluation last;  ///< of the newest complete epoch; no samples if there is none
  int stop = 0;     ///< largest result of Callbacks::stop over all processes, or 0
};

/// Trains `network` on `training` and evaluates it on `test` after every epoch.
///
/// Batches have the shapes that to_tensors() describes; inputs with T = 1 come without T, as
/// [B, ...], unless the Classifier asks for StillInput::kSequence. The network returns logits [T,
/// B, K] or [B, K]. Its parameters become views of a few flat tensors (see Optimizer). At the end
/// the network holds the averaged weights if options.ema asks for them.
///
/// With one thread, a fit that was stopped and resumed gives bit for bit the same result as a fit
/// that was never stopped. It may be resumed with another number of processes.
///
/// Throws Error(kUsage) for options out of range, or if the processes differ in data or checkpoint.
/// Throws Error(kInput) for a label that the network has no output for. Throws Error(kRuntime)
/// naming epoch, batch and layer if a loss or a gradient is not finite (unless on_nan says to skip
/// the step), or naming the rank if a process was lost. The last checkpoint is kept.
FitResult fit(const Classifier& network, const Data& training, const Data& test,
              const FitOptions& options, const Callbacks& callbacks = {});

/// Whether nothing is left to train or to evaluate.
bool is_done(const Progress& progress, const TrainOptions& options);

/// The phase of `epoch`, counted from 0, or null if there are no phases.
const Phase* phase_at(const std::vector<PhaseFrom>& phases, std::int64_t epoch);

/// "ReLU, T = 1" or "T = 2", for messages.
std::string describe(const Phase& phase);

}  // namespace staa::train
