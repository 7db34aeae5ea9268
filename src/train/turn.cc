#include "staa/train/turn.h"

#include <algorithm>

#include "staa/util/error.h"

namespace staa::train {

Turn take_turn(distributed::Communicator& all, const Offer& offer) {
  const auto skipped = static_cast<std::int64_t>(offer.skipped.size());
  const auto own = torch::tensor({offer.samples, skipped, std::int64_t{offer.signal},
                                  std::int64_t{offer.stop}, std::int64_t{offer.save}},
                                 torch::kLong);
  Turn turn;
  std::int64_t left_out = 0;
  const auto offers = all.gather(own);
  for (std::size_t rank = 0; rank < offers.size(); ++rank) {
    const auto values = offers[rank].accessor<std::int64_t, 1>();
    if (static_cast<std::int64_t>(rank) < all.rank()) turn.first += values[0];
    turn.samples += values[0];
    turn.all_have = turn.all_have && values[0] > 0;
    left_out += values[1];
    turn.signal = std::max(turn.signal, static_cast<int>(values[2]));
    turn.stop = turn.stop || values[3] != 0;
    turn.save = turn.save || values[4] != 0;
  }
  turn.stop = turn.stop || turn.signal != 0;
  if (left_out > 0) turn.skipped = distributed::gather_texts(all, offer.skipped);
  return turn;
}

torch::Tensor gather_images(distributed::Communicator& all, const torch::Tensor& images) {
  if (all.alone()) return images;
  // In memory a step's samples are [B, H, W, C].
  if (images.dim() == 4) {
    const auto rows = images.permute({0, 2, 3, 1}).contiguous();
    return distributed::gather_rows(all, rows).permute({0, 3, 1, 2});
  }
  const auto rows = images.permute({1, 0, 3, 4, 2}).contiguous();
  return distributed::gather_rows(all, rows)
      .permute({1, 0, 2, 3, 4})
      .contiguous()
      .permute({0, 1, 4, 2, 3});
}

void check_agreement(distributed::Communicator& all, const std::vector<Fact>& facts) {
  std::vector<std::string> own;
  own.reserve(facts.size());
  for (const auto& fact : facts) own.push_back(fact.value);
  const auto everyone = distributed::gather_texts(all, own);
  for (std::size_t i = 0; i < everyone.size(); ++i) {
    const auto& fact = facts[i % facts.size()];
    const auto& first = everyone[i % facts.size()];
    if (everyone[i] == first) continue;
    fail(ErrorKind::kUsage, "rank {} has another {} than rank 0:\n{}\nand rank 0:\n{}",
         i / facts.size(), fact.name, everyone[i], first);
  }
}

void broadcast_state(distributed::Communicator& all, const torch::nn::Module& network) {
  if (all.alone()) return;
  const torch::NoGradGuard no_grad;
  const auto send = [&](torch::Tensor tensor) {
    const auto copy = tensor.detach().contiguous();
    all.broadcast(copy);
    tensor.copy_(copy);
  };
  for (const auto& parameter : network.parameters()) send(parameter);
  for (const auto& buffer : network.buffers()) send(buffer);
}

std::vector<torch::Tensor> statistics_of(const torch::nn::Module& network) {
  std::vector<torch::Tensor> statistics;
  for (const auto& module : network.modules()) {
    auto* norm = dynamic_cast<torch::nn::BatchNorm2dImpl*>(module.get());
    if (norm == nullptr) continue;
    statistics.push_back(norm->running_mean);
    statistics.push_back(norm->running_var);
  }
  return statistics;
}

void average_statistics(distributed::Communicator& all, std::vector<torch::Tensor> statistics) {
  if (all.alone()) return;
  const torch::NoGradGuard no_grad;
  const auto together = torch::cat(statistics).to(torch::kDouble);
  all.sum(together);
  std::int64_t at = 0;
  for (auto& tensor : statistics) {
    tensor.copy_(together.narrow(0, at, tensor.numel()) / static_cast<double>(all.size()));
    at += tensor.numel();
  }
}

}  // namespace staa::train
