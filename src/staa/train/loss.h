#pragma once

#include <torch/types.h>

#include <cstdint>

namespace staa::train {

/// Target class probabilities [B, K] for the loss: one-hot labels [B] (int64), smoothed so that
/// each class has a probability of at least smoothing / K.
torch::Tensor soft_targets(const torch::Tensor& labels, std::int64_t classes, double smoothing);

/// Cross entropy of the output averaged over time. logits [T, B, K], targets [B, K] -> scalar.
torch::Tensor mean_output_loss(const torch::Tensor& logits, const torch::Tensor& targets);

/// The loss of temporal efficient training (Deng et al., ICLR 2022): cross entropy at every time
/// step, averaged over time, plus the squared distance of every output from the threshold, weighted
/// by `lambda`: (1 - lambda) * mean_t CE(o_t, y) + lambda * mean (o - threshold)^2.
torch::Tensor tet_loss(const torch::Tensor& logits, const torch::Tensor& targets, double lambda,
                       double threshold);

/// Throws Error(kInput) naming the first label that is not in [0, classes).
void check_labels(const torch::Tensor& labels, std::int64_t classes);

/// How many samples of a batch have their label among the one or five largest mean outputs.
struct Hits {
  std::int64_t top1 = 0;
  std::int64_t top5 = 0;
};

/// logits [T, B, K], labels [B]. With fewer than five classes, top5 counts every sample.
Hits count_hits(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace staa::train
