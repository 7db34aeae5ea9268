#include "staa/train/evaluate.h"

#include "staa/train/feed.h"
#include "staa/train/loss.h"

namespace staa::train {

Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    const std::function<bool()>& keep_going) {
  return evaluate(network, loader, device, *distributed::alone(), keep_going);
}

Evaluation evaluate(const Classifier& network, data::Loader& loader, torch::Device device,
                    distributed::Communicator& all, const std::function<bool()>& keep_going) {
  const torch::NoGradGuard no_grad;
  network.module().eval();
  Evaluation sums;
  Hits hits;
  Feed feed(loader, device);
  feed.start(0);
  while (!keep_going || keep_going()) {
    const auto next = feed.next();
    if (!next) break;
    sums.skipped.insert(sums.skipped.end(), next->skipped.begin(), next->skipped.end());
    if (next->size == 0) continue;
    const auto& batch = next->tensors;
    const auto logits = network.forward(batch.inputs);
    check_labels(batch.labels, logits.size(2));
    const auto targets = soft_targets(batch.labels, logits.size(2), /*smoothing=*/0);
    const auto size = batch.labels.size(0);
    sums.loss += mean_output_loss(logits, targets).item<double>() * static_cast<double>(size);
    const auto found = count_hits(logits, batch.labels);
    hits.top1 += found.top1;
    hits.top5 += found.top5;
    sums.samples += size;
  }
  // A double represents the counts exactly.
  const auto together =
      torch::tensor({sums.loss, static_cast<double>(hits.top1), static_cast<double>(hits.top5),
                     static_cast<double>(sums.samples)},
                    torch::kDouble);
  all.sum(together);
  const auto values = together.accessor<double, 1>();
  const double count = std::max(1.0, values[3]);
  sums.samples = static_cast<std::int64_t>(values[3]);
  sums.loss = values[0] / count;
  sums.top1 = 100.0 * values[1] / count;
  sums.top5 = 100.0 * values[2] / count;
  sums.skipped = distributed::gather_texts(all, sums.skipped);
  return sums;
}

}  // namespace staa::train
