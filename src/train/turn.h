#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::train {

/// What a process brings to a training step, or to the end of an epoch.
struct Offer {
  std::int64_t samples = 0;          ///< of its share of the batch
  std::vector<std::string> skipped;  ///< why each sample that should be in it is not
  int signal = 0;                    ///< that asked it to stop, or 0
  bool stop = false;                 ///< it has been told to stop in another way
  bool save = false;                 ///< a checkpoint is due by its clock
};

/// What all of them bring, alike in all.
struct Turn {
  std::int64_t samples = 0;
  std::int64_t first = 0;  ///< place of the own share's first sample in the whole batch
  bool all_have = true;    ///< no share is empty
  std::vector<std::string> skipped;
  int signal = 0;
  bool stop = false;
  bool save = false;
};

/// One exchange of small numbers.
Turn take_turn(distributed::Communicator& all, const Offer& offer);

/// A batch's images from its shares: [B, C, H, W], or [T, B, C, H, W], channels-last.
torch::Tensor gather_images(distributed::Communicator& all, const torch::Tensor& images);

/// Refuses to train where the processes do not have the same recipe, data and checkpoint, naming
/// the rank that differs from rank 0: Error(kUsage). `facts` are what has to be alike, by name.
struct Fact {
  std::string name;
  std::string value;
};
void check_agreement(distributed::Communicator& all, const std::vector<Fact>& facts);

/// Gives all processes rank 0's parameters and buffers.
void broadcast_state(distributed::Communicator& all, const torch::nn::Module& network);

/// The running means and variances of all BatchNorms.
std::vector<torch::Tensor> statistics_of(const torch::nn::Module& network);

/// Makes such statistics their mean over the processes, each of which has followed those of its own
/// shares.
void average_statistics(distributed::Communicator& all, std::vector<torch::Tensor> statistics);

}  // namespace staa::train
