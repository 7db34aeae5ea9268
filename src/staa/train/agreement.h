#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::train {

/// The state of one process before a training step or at the end of an epoch.
struct ProcessState {
  std::int64_t samples = 0;          ///< number of samples in its share of the batch
  std::vector<std::string> skipped;  ///< why each corrupt sample is missing from the share
  int stop = 0;                      ///< its reason to stop, or 0
  bool save = false;                 ///< whether its clock says that a checkpoint is due
};

/// The outcome of an exchange. It is the same in all processes.
struct GroupState {
  std::int64_t samples = 0;
  std::int64_t first = 0;  ///< index of this process's first sample in the whole batch
  bool all_have = true;    ///< false if any share is empty
  std::vector<std::string> skipped;
  int stop = 0;  ///< the largest reason to stop, or 0
  bool save = false;
};

/// Exchanges the state of all processes, as a few small numbers and texts.
GroupState exchange(distributed::Communicator& all, const ProcessState& own);

/// Gathers a batch's inputs [T, B, ...] from the shares of all processes, concatenated along B.
torch::Tensor gather_inputs(distributed::Communicator& all, const torch::Tensor& inputs);

/// A value that must be the same in all processes, by name.
struct Fact {
  std::string name;
  std::string value;
};

/// Throws Error(kUsage), naming the rank that differs from rank 0, unless all processes have the
/// same `facts`, such as their recipe, data and checkpoint.
void check_agreement(distributed::Communicator& all, const std::vector<Fact>& facts);

/// Copies rank 0's parameters and buffers to all processes.
void broadcast_state(distributed::Communicator& all, const torch::nn::Module& network);

/// The running means and variances of all of LibTorch's BatchNorm modules in `network`.
std::vector<torch::Tensor> statistics_of(const torch::nn::Module& network);

/// Averages such statistics over the processes, each of which has tracked those of its own shares.
void average_statistics(distributed::Communicator& all, std::vector<torch::Tensor> statistics);

}  // namespace staa::train
