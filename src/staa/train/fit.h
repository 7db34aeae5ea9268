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

/// Everything that decides a training but the network and the data.
struct FitOptions : TrainOptions {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;

  /// How staa's layers in the network run, from which epoch on; in rising order, the first from
  /// epoch 0. Empty: as the network was built. At a change BatchNorm's statistics are estimated
  /// anew, and only epochs of the last phase count for the best.
  std::vector<PhaseFrom> phases;
  double mixup = 0;           ///< alpha of mixup's Beta distribution; 0: off
  double target_output = 1;   ///< what TET's squared distance draws the logits to; the paper's v_th
  std::uint64_t seed = 1;     ///< of the order of samples, their augmentation and mixup
  std::int64_t workers = 1;   ///< threads that read samples; 0: the training's own thread does
  bool skip_corrupt = false;  ///< leave samples out that throw Error(kInput); else it ends the fit
  torch::Device device = torch::kCPU;

  std::filesystem::path checkpoint;  ///< the file to keep; empty: none
  bool resume = false;               ///< go on from `checkpoint` where it is there
  Metadata metadata;                 ///< kept in the checkpoint

  /// The processes that train together, each of which calls fit with the same arguments. `batch` is
  /// that of all; rank 0 alone writes the checkpoint.
  std::shared_ptr<distributed::Communicator> all = distributed::alone();
};

/// What is known after a training step.
struct StepReport {
  Progress progress;
  std::int64_t epoch = 0;    ///< counted from 1
  std::int64_t epochs = 0;   ///< of the whole training
  std::int64_t batches = 0;  ///< of an epoch
  bool taken = true;         ///< false: left out, as its loss or a gradient was not finite
  double loss = 0;           ///< of this step's batch
  double learning_rate = 0;
  double images_per_s = 0;  ///< of this epoch so far
  double seconds_left = 0;  ///< of the whole training, at that speed
};

/// What is known after an epoch and its evaluation.
struct EpochReport {
  Progress progress;        ///< after the epoch
  std::int64_t epoch = 0;   ///< counted from 1
  std::int64_t epochs = 0;  ///< of the whole training
  Phase phase;
  bool last_phase = true;    ///< no change of phase comes after this epoch
  double learning_rate = 0;  ///< of the epoch's last step
  double train_loss = 0;
  double train_top1 = 0;  ///< percent
  Evaluation test;
  bool best = false;  ///< the best of the last phase so far
  double images_per_s = 0;
  /// As the spike budget counts it, of the epoch's last training step; below 0 without a budget.
  double spike_rate = -1;
  double loader_wait_s = 0;        ///< that training has waited for samples
  std::int64_t skipped_train = 0;  ///< corrupt samples that were left out
};

/// Called by the thread that trains, in every process. All may be empty.
struct Callbacks {
  /// Once, before the first step: the checkpoint, if there is one to go on from, has been read and
  /// all processes agree.
  std::function<void(const Progress&)> begin;
  /// After a step, and its checkpoint where one is due.
  std::function<void(const StepReport&)> step;
  /// Before an evaluation.
  std::function<void()> evaluation;
  /// After an epoch, before its checkpoint. The network has the weights that were evaluated: the
  /// averaged ones where there are such.
  std::function<void(const EpochReport&)> epoch;
  /// The same, after the checkpoint.
  std::function<void(const EpochReport&)> saved;
  /// Asked before each training step and each batch of an evaluation: anything but 0 ends the fit,
  /// with a checkpoint, in all processes.
  std::function<int()> stop;
  std::function<void(const std::string&)> say;   ///< what goes on
  std::function<void(const std::string&)> warn;  ///< what should be looked at
};

struct FitResult {
  Progress progress;
  Evaluation last;  ///< of the newest complete epoch; no samples where there is none
  int stop = 0;     ///< what Callbacks::stop gave, the largest of all processes; 0 at the end
};

/// Trains `network` on `training` and evaluates it on `test` after every epoch.
///
/// What the network is given is said in to_tensors(); it returns logits [T, B, K] or [B, K]. The
/// parameters become parts of a few flat tensors (see Optimizer). At the end the network has the
/// averaged weights where options.ema asks for them.
///
/// With one thread a fit that was stopped and goes on is bit for bit the fit that was never
/// stopped. It may go on with another number of processes.
///
/// Throws Error(kUsage) for options out of range, and where the processes differ in data or
/// checkpoint; Error(kInput) for a label that the network has no output for; Error(kRuntime) naming
/// epoch, batch and layer when a loss or a gradient is not finite (unless on_nan says to go on), or
/// the rank that was lost. The last checkpoint stays.
FitResult fit(const Classifier& network, const Data& training, const Data& test,
              const FitOptions& options, const Callbacks& callbacks = {});

/// Whether nothing is left to train, nor to evaluate.
bool is_done(const Progress& progress, const TrainOptions& options);

/// The phase of `epoch`, counted from 0, or nothing where there are no phases.
const Phase* phase_at(const std::vector<PhaseFrom>& phases, std::int64_t epoch);

/// "ReLU, T = 1" or "T = 2", for messages.
std::string describe(const Phase& phase);

}  // namespace staa::train
