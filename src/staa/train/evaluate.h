#pragma once

#include <torch/types.h>

#include <functional>

#include "staa/data/loading/loader.h"
#include "staa/distributed/communicator.h"
#include "staa/train/classifier.h"

namespace staa::train {

/// Means over all samples of a data set.
struct Evaluation {
  double loss = 0;  ///< cross entropy of the mean output
  double top1 = 0;  ///< percent
  double top5 = 0;  ///< percent
  std::int64_t samples = 0;
  std::vector<std::string> skipped;  ///< why each corrupt sample that was left out was
};

/// Runs every batch of `loader` through `network` in evaluation mode: no dropout, no
/// gradient. The network stays in that mode. `keep_going` is asked before each batch; the result
/// covers what was seen until it says no.
Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    const std::function<bool()>& keep_going = {});

/// The same over many processes, of which each has its share in `loader`: all get the result of the
/// whole, hits and samples counted exactly.
Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    distributed::Communicator& all, const std::function<bool()>& keep_going);

}  // namespace staa::train
