#include "staa/train/statistics.h"

#include <vector>

namespace staa::train {

void estimate_statistics(torch::nn::Module& network, const std::function<bool(int)>& show) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::nn::BatchNorm2dImpl*> norms;
  for (const auto& module : network.modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm2dImpl>()) norms.push_back(norm);
  }
  using Momentum =
      std::decay_t<decltype(torch::nn::BatchNorm2dOptions(1).momentum())>;  // LibTorch's optional
  std::vector<Momentum> kept;
  std::vector<torch::Tensor> counts;
  for (auto* norm : norms) {
    kept.push_back(norm->options.momentum());
    counts.push_back(norm->num_batches_tracked.clone());
  }
  auto generator = at::detail::getDefaultCPUGenerator();
  const auto state = generator.get_state();
  network.train();
  for (int batch = 0;; ++batch) {
    // Momentum 1 / n makes the running statistics the mean over the batches seen.
    for (auto* norm : norms) norm->options.momentum(1.0 / (batch + 1));
    if (!show(batch)) break;
  }
  for (std::size_t i = 0; i < norms.size(); ++i) {
    norms[i]->options.momentum(kept[i]);
    norms[i]->num_batches_tracked.copy_(counts[i]);
  }
  generator.set_state(state);
}

}  // namespace staa::train
