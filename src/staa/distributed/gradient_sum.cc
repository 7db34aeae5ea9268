#include "staa/distributed/gradient_sum.h"

#include <torch/csrc/autograd/function_hook.h>

#include <algorithm>

namespace staa::distributed {

using torch::Tensor;

struct GradientSum::Bucket {
  std::vector<Tensor> parameters;
  std::vector<Tensor> places;  // views of `flat` for their gradients
  Tensor flat;
  std::size_t missing = 0;
  std::unique_ptr<Pending> sum;

  void lay_out() {
    std::int64_t count = 0;
    for (const auto& parameter : parameters) count += parameter.numel();
    flat = torch::zeros({count}, parameters[0].options().requires_grad(false));
    std::int64_t at = 0;
    for (const auto& parameter : parameters) {
      places.push_back(flat.narrow(0, at, parameter.numel()).view(parameter.sizes()));
      at += parameter.numel();
    }
  }
};

/// Called by autograd whenever a parameter's gradient has been accumulated.
class GradientSum::Hook : public torch::autograd::FunctionPostHook {
 public:
  Hook(GradientSum* owner, std::shared_ptr<bool> active, std::size_t bucket)
      : owner_(owner), active_(std::move(active)), bucket_(bucket) {}

  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list&) override {
    if (*active_) owner_->mark_ready(bucket_);
    return outputs;
  }

 private:
  GradientSum* owner_;
  std::shared_ptr<bool> active_;
  std::size_t bucket_;
};

GradientSum::GradientSum(const torch::nn::Module& network, std::shared_ptr<Communicator> all,
                         std::int64_t bucket_bytes)
    : all_(std::move(all)) {
  if (all_->alone()) return;
  auto parameters = network.parameters();
  std::reverse(parameters.begin(), parameters.end());
  std::int64_t bytes = bucket_bytes;
  for (const auto& parameter : parameters) {
    const bool fits = bytes < bucket_bytes &&
                      buckets_.back()->parameters[0].scalar_type() == parameter.scalar_type();
    if (!fits) {
      buckets_.push_back(std::make_unique<Bucket>());
      bytes = 0;
    }
    buckets_.back()->parameters.push_back(parameter);
    bytes += static_cast<std::int64_t>(parameter.nbytes());
    auto accumulator = torch::autograd::impl::grad_accumulator(parameter);
    accumulator->add_post_hook(std::make_unique<Hook>(this, active_, buckets_.size() - 1));
    accumulators_.push_back(std::move(accumulator));
  }
  for (const auto& bucket : buckets_) bucket->lay_out();
}

GradientSum::~GradientSum() { *active_ = false; }

void GradientSum::begin() {
  sent_ = 0;
  for (const auto& bucket : buckets_) bucket->missing = bucket->parameters.size();
  *active_ = true;
}

void GradientSum::mark_ready(std::size_t bucket) {
  --buckets_[bucket]->missing;
  while (sent_ < buckets_.size() && buckets_[sent_]->missing == 0) send_ready();
}

/// Starts the sum of the next bucket.
void GradientSum::send_ready() {
  const torch::NoGradGuard no_grad;
  auto& bucket = *buckets_[sent_++];
  for (std::size_t i = 0; i < bucket.parameters.size(); ++i) {
    const auto& gradient = bucket.parameters[i].grad();
    if (gradient.defined()) {
      bucket.places[i].copy_(gradient);
    } else {
      bucket.places[i].zero_();
    }
  }
  bucket.sum = all_->start_sum(bucket.flat);
}

void GradientSum::finish() {
  *active_ = false;
  // Parameters outside of this step's graph have blocked the remaining buckets.
  while (sent_ < buckets_.size()) send_ready();
  const torch::NoGradGuard no_grad;
  for (const auto& bucket : buckets_) {
    bucket->sum->wait();
    bucket->sum.reset();
    for (std::size_t i = 0; i < bucket->parameters.size(); ++i) {
      auto& gradient = bucket->parameters[i].mutable_grad();
      if (gradient.defined()) gradient.copy_(bucket->places[i]);
    }
  }
}

}  // namespace staa::distributed
