#include "staa/train/evaluate.h"

#include "staa/train/loss.h"
#include "staa/train/setup.h"

namespace staa::train {

Evaluation evaluate(models::Network& network, data::Loader& loader, torch::Device device,
                    const std::function<bool()>& keep_going) {
  const torch::NoGradGuard no_grad;
  network.eval();
  Evaluation sums;
  Hits hits;
  loader.start(0);
  while (!keep_going || keep_going()) {
    auto next = loader.next();
    if (!next) break;
    sums.skipped.insert(sums.skipped.end(), next->skipped.begin(), next->skipped.end());
    if (next->size == 0) continue;
    const auto batch = to_tensors(std::move(*next), loader.source().shape(), device);
    const auto logits = network.forward(batch.images);
    const auto targets = soft_targets(batch.labels, logits.size(2), /*smoothing=*/0);
    const auto size = batch.labels.size(0);
    sums.loss += mean_output_loss(logits, targets).item<double>() * static_cast<double>(size);
    const auto found = count_hits(logits, batch.labels);
    hits.top1 += found.top1;
    hits.top5 += found.top5;
    sums.samples += size;
  }
  const auto count = static_cast<double>(std::max<std::int64_t>(1, sums.samples));
  sums.loss /= count;
  sums.top1 = 100.0 * static_cast<double>(hits.top1) / count;
  sums.top5 = 100.0 * static_cast<double>(hits.top5) / count;
  return sums;
}

}  // namespace staa::train
