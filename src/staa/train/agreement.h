#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::train {

/// What one process knows before a training step, or at the end of an epoch.
struct ProcessState {
  std::int64_t samples = 0;          ///< of its share of the batch
  std::vector<std::string> skipped;  ///< why each sample that should be in it is not
  int stop = 0;                      ///< why it wants to stop, or 0
  bool save = false;                 ///< a checkpoint is due by its clock
};

/// What all of them know after an exchange, alike in all.
struct GroupState {
  std::int64_t samples = 0;
  std::int64_t first = 0;  ///< place of the own share's first sample in the whole batch
  bool all_have = true;    ///< no share is empty
  std::vector<std::string> skipped;
  int stop = 0;  ///< the largest reason to stop, or 0
  bool save = false;
};

/// One exchange of small numbers.
GroupState exchange(distributed::Communicator& all, const ProcessState& own);

/// A batch's inputs from its shares, which are put together along `dimension`.
torch::Tensor gather_inputs(distributed::Communicator& all, const torch::Tensor& inputs,
                            std::int64_t dimension);

/// Refuses to train where the processes do not have the same recipe, data and checkpoint, naming
/// the rank that differs from rank 0: Error(kUsage). `facts` are what has to be alike, by name.
struct Fact {
  std::string name;
  std::string value;
};
void check_agreement(distributed::Communicator& all, const std::vector<Fact>& facts);

/// Gives all processes rank 0's parameters and buffers.
void broadcast_state(distributed::Communicator& all, const torch::nn::Module& network);

/// The running means and variances of all BatchNorms of LibTorch in `network`.
std::vector<torch::Tensor> statistics_of(const torch::nn::Module& network);

/// Makes such statistics their mean over the processes, each of which has followed those of its own
/// shares.
void average_statistics(distributed::Communicator& all, std::vector<torch::Tensor> statistics);

}  // namespace staa::train
