#include "staa/train/statistics.h"

#include <torch/nn/modules/batchnorm.h>

#include <vector>

#include "staa/train/batch_norms.h"

namespace staa::train {

void estimate_statistics(torch::nn::Module& network, const std::function<bool(int)>& show) {
  const torch::NoGradGuard no_grad;
  const auto norms = batch_norms_of(network);
  using Momentum =
      std::decay_t<decltype(torch::nn::BatchNorm2dOptions(1).momentum())>;  // a LibTorch optional
  std::vector<Momentum> kept;
  std::vector<torch::Tensor> counts;
  for (const auto& norm : norms) {
    kept.push_back(norm.options->momentum());
    counts.push_back(norm.num_batches_tracked.defined() ? norm.num_batches_tracked.clone()
                                                        : torch::Tensor());
  }
  auto generator = at::detail::getDefaultCPUGenerator();
  const auto state = generator.get_state();
  network.train();
  for (int batch = 0;; ++batch) {
    // With momentum 1 / n the running statistics are the average over the n batches so far.
    for (const auto& norm : norms) norm.options->momentum(1.0 / (batch + 1));
    if (!show(batch)) break;
  }
  for (std::size_t i = 0; i < norms.size(); ++i) {
    norms[i].options->momentum(kept[i]);
    torch::Tensor count = norms[i].num_batches_tracked;
    if (count.defined()) count.copy_(counts[i]);
  }
  generator.set_state(state);
}

}  // namespace staa::train
