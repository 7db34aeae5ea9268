#include "staa/train/classifier.h"

#include "staa/util/error.h"

namespace staa::train {

torch::Tensor Classifier::forward(const torch::Tensor& inputs) const {
  const bool plain = still_ == StillInput::kPlain && inputs.size(0) == 1;
  auto logits = call_(plain ? inputs.squeeze(0) : inputs);
  if (logits.dim() == 2) logits = logits.unsqueeze(0);
  if (logits.dim() == 3) return logits;
  fail(ErrorKind::kRuntime,
       "the network's output: expected logits [T, B, K] or [B, K], found a tensor {}",
       c10::str(logits.sizes()));
}

}  // namespace staa::train
