#include "staa/train/classifier.h"

#include <sstream>

#include "staa/util/error.h"

namespace staa::train {

torch::Tensor Classifier::forward(const torch::Tensor& inputs) const {
  auto logits = call_(inputs);
  if (logits.dim() == 2) logits = logits.unsqueeze(0);
  if (logits.dim() == 3) return logits;
  std::ostringstream found;
  found << logits.sizes();
  fail(ErrorKind::kRuntime,
       "the network's output: expected logits [T, B, K] or [B, K], found a tensor {}", found.str());
}

}  // namespace staa::train
