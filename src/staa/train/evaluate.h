#pragma once

#include <torch/types.h>

#include <functional>

#include "staa/data/loading/loader.h"
#include "staa/distributed/communicator.h"
#include "staa/train/classifier.h"

namespace staa::train {

/// Averages over all samples of a data set.
struct Evaluation {
  double loss = 0;  ///< cross entropy of the output averaged over time
  double top1 = 0;  ///< percent
  double top5 = 0;  ///< percent
  std::int64_t samples = 0;
  std::vector<std::string> skipped;  ///< why each corrupt sample was left out
};

/// Runs every batch of `loader` through `network` in evaluation mode, without gradients. The
/// network stays in that mode. `keep_going` is called before each batch; if it returns false, the
/// result covers only the batches so far.
Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    const std::function<bool()>& keep_going = {});

/// The same for many processes, each with its own share of the data in `loader`. All of them get
/// the result for the whole set; hits and samples are counted exactly.
Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    distributed::Communicator& all, const std::function<bool()>& keep_going);

}  // namespace staa::train
