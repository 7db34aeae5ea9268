#include "staa/train/loss.h"

#include <algorithm>

#include "staa/util/error.h"

namespace staa::train {
namespace {

/// Cross entropy of logits [..., B, K] and targets [B, K], averaged over all dimensions except K.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) {
  return -(targets * torch::log_softmax(logits, -1)).sum(-1).mean();
}

}  // namespace

torch::Tensor soft_targets(const torch::Tensor& labels, std::int64_t classes, double smoothing) {
  auto targets = torch::full({labels.size(0), classes}, smoothing / static_cast<double>(classes),
                             torch::TensorOptions().device(labels.device()));
  const auto ones = torch::full({labels.size(0), 1}, 1.0 - smoothing, targets.options());
  return targets.scatter_add_(1, labels.unsqueeze(1), ones);
}

torch::Tensor mean_output_loss(const torch::Tensor& logits, const torch::Tensor& targets) {
  return cross_entropy(logits.mean(0), targets);
}

torch::Tensor tet_loss(const torch::Tensor& logits, const torch::Tensor& targets, double lambda,
                       double threshold) {
  const auto distance = (logits - threshold).square().mean();
  return (1 - lambda) * cross_entropy(logits, targets) + lambda * distance;
}

void check_labels(const torch::Tensor& labels, std::int64_t classes) {
  const auto wrong = labels.lt(0).logical_or(labels.ge(classes)).nonzero();
  if (wrong.size(0) == 0) return;
  fail(ErrorKind::kInput,
       "a sample has the label {}: expected 0 to {}, as the network has {} outputs",
       labels[wrong[0][0].item<std::int64_t>()].item<std::int64_t>(), classes - 1, classes);
}

Hits count_hits(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const auto output = logits.mean(0);
  const auto k = std::min<std::int64_t>(5, output.size(1));
  const auto hits = std::get<1>(output.topk(k, 1)).eq(labels.unsqueeze(1));
  return {hits.select(1, 0).sum().item<std::int64_t>(), hits.sum().item<std::int64_t>()};
}

}  // namespace staa::train
