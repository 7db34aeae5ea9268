#include "staa/analysis/predictions.h"

#include <algorithm>

#include "staa/train/batch.h"

namespace staa::analysis {

std::vector<Prediction> predict(models::Network& network, data::Loader& loader) {
  const torch::NoGradGuard no_grad;
  network.eval();
  std::vector<Prediction> predictions;
  loader.start(0);
  while (auto next = loader.next()) {
    if (next->size == 0) continue;
    const auto indices = next->indices;
    const auto batch =
        train::to_tensors(std::move(*next), loader.source().shape(), torch::Device(torch::kCPU));
    const auto scores = torch::log_softmax(network.forward(batch.inputs).mean(0), 1);
    const auto [best, found] = scores.max(1);
    const auto own = scores.gather(1, batch.labels.unsqueeze(1)).squeeze(1);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      predictions.push_back({indices[i], batch.labels[at].item<std::int64_t>(),
                             found[at].item<std::int64_t>(), std::exp(best[at].item<double>()),
                             -own[at].item<double>()});
    }
  }
  return predictions;
}

std::vector<std::vector<std::int64_t>> confusion(const std::vector<Prediction>& predictions,
                                                 std::int64_t classes) {
  const auto count = static_cast<std::size_t>(classes);
  std::vector<std::vector<std::int64_t>> counts(count, std::vector<std::int64_t>(count));
  for (const auto& p : predictions) {
    ++counts.at(static_cast<std::size_t>(p.label)).at(static_cast<std::size_t>(p.found));
  }
  return counts;
}

std::vector<Prediction> worst(const std::vector<Prediction>& predictions, std::size_t count) {
  std::vector<Prediction> wrong;
  std::copy_if(predictions.begin(), predictions.end(), std::back_inserter(wrong),
               [](const Prediction& p) { return p.found != p.label; });
  std::sort(wrong.begin(), wrong.end(), [](const Prediction& a, const Prediction& b) {
    return a.loss != b.loss ? a.loss > b.loss : a.index < b.index;
  });
  if (wrong.size() > count) wrong.resize(count);
  return wrong;
}

}  // namespace staa::analysis
