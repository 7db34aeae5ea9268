#include "staa/train/classifier.h"

#include "staa/util/error.h"

namespace staa::train {

torch::Tensor Classifier::forward(const torch::Tensor& inputs) const {
  auto logits = call_(inputs);
  if (logits.dim() == 2) logits = logits.unsqueeze(0);
  if (logits.dim() == 3) return logits;
  fail(ErrorKind::kRuntime,
       "the network's output: expected logits [T, B, K] or [B, K], found a tensor {}",
       c10::str(logits.sizes()));
}

}  // namespace staa::train
