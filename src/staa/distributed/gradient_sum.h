#pragma once

#include <torch/autograd.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::distributed {

/// Adds up a network's gradients over the processes while the backward pass still runs: parameters
/// lie in buckets, in the reverse of their order in the network, and a bucket sets out as soon as
/// the gradients of all its parameters, and all buckets before it, are there.
///
/// All processes run the same layers in each step; a parameter that takes no part in a step takes
/// none in any of them. One backward pass stands between begin() and finish().
class GradientSum {
 public:
  /// `bucket_bytes`: a bucket is closed at this size. With a process alone nothing is done at all.
  GradientSum(const torch::nn::Module& network, std::shared_ptr<Communicator> all,
              std::int64_t bucket_bytes = std::int64_t{4} << 20);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  void begin();
  /// Waits for all sums, which are the gradients after that.
  void finish();

 private:
  /// A shared pointer to a node: LibTorch's own kind of one from 2.x on.
  using Accumulator = decltype(torch::autograd::impl::grad_accumulator(torch::Tensor()));

  struct Bucket;
  class Hook;

  void mark_ready(std::size_t bucket);
  void send_ready();

  std::shared_ptr<Communicator> all_;
  std::vector<std::unique_ptr<Bucket>> buckets_;
  std::vector<Accumulator> accumulators_;  // keep the hooks alive
  std::size_t sent_ = 0;
  std::shared_ptr<bool> active_ = std::make_shared<bool>(false);  // outlives this in the hooks
};

}  // namespace staa::distributed
