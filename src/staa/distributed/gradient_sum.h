#pragma once

#include <torch/autograd.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>
#include <vector>

#include "staa/distributed/communicator.h"

namespace staa::distributed {

/// Sums a network's gradients over the processes while the backward pass is still running.
/// Parameters are grouped into buckets, in reverse order of their appearance in the network. A
/// bucket is sent as soon as all of its gradients are available and all buckets before it have been
/// sent.
///
/// All processes must run the same layers in each step: a parameter that takes no part in a step
/// must take no part in it in any process. There is one backward pass between begin() and finish().
class GradientSum {
 public:
  /// `bucket_bytes`: the size at which a bucket is closed. With a single process this class does
  /// nothing.
  GradientSum(const torch::nn::Module& network, std::shared_ptr<Communicator> all,
              std::int64_t bucket_bytes = std::int64_t{4} << 20);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  void begin();
  /// Waits for all sums; the gradients then hold the sums.
  void finish();

 private:
  /// A shared pointer to a node; since LibTorch 2.x it has its own type.
  using Accumulator = decltype(torch::autograd::impl::grad_accumulator(torch::Tensor()));

  struct Bucket;
  class Hook;

  void mark_ready(std::size_t bucket);
  void send_ready();

  std::shared_ptr<Communicator> all_;
  std::vector<std::unique_ptr<Bucket>> buckets_;
  std::vector<Accumulator> accumulators_;  // keep the hooks alive
  std::size_t sent_ = 0;
  std::shared_ptr<bool> active_ = std::make_shared<bool>(false);  // hooks may outlive this
};

}  // namespace staa::distributed
