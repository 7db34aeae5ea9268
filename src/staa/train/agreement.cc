#include "staa/train/agreement.h"

#include <algorithm>

#include "staa/train/batch_norms.h"
#include "staa/util/error.h"

namespace staa::train {

GroupState exchange(distributed::Communicator& all, const ProcessState& own) {
  const auto skipped = static_cast<std::int64_t>(own.skipped.size());
  const auto numbers = torch::tensor(
      {own.samples, skipped, std::int64_t{own.stop}, std::int64_t{own.save}}, torch::kLong);
  GroupState group;
  std::int64_t left_out = 0;
  const auto everyone = all.gather(numbers);
  for (std::size_t rank = 0; rank < everyone.size(); ++rank) {
    const auto values = everyone[rank].accessor<std::int64_t, 1>();
    if (static_cast<std::int64_t>(rank) < all.rank()) group.first += values[0];
    group.samples += values[0];
    group.all_have = group.all_have && values[0] > 0;
    left_out += values[1];
    group.stop = std::max(group.stop, static_cast<int>(values[2]));
    group.save = group.save || values[3] != 0;
  }
  if (left_out > 0) group.skipped = distributed::gather_texts(all, own.skipped);
  return group;
}

torch::Tensor gather_inputs(distributed::Communicator& all, const torch::Tensor& inputs) {
  if (all.alone()) return inputs;
  // In memory, rows are samples, and pixels have their channels innermost.
  auto rows = inputs.transpose(0, 1);
  const bool pixels = inputs.dim() == 5;
  if (pixels) rows = rows.movedim(-3, -1);
  rows = distributed::gather_rows(all, rows.contiguous());
  rows = rows.transpose(0, 1).contiguous();
  return pixels ? rows.movedim(-1, -3) : rows;
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
  for (const auto& norm : batch_norms_of(network)) {
    if (!norm.running_mean.defined()) continue;
    statistics.push_back(norm.running_mean);
    statistics.push_back(norm.running_var);
  }
  return statistics;
}

void average_statistics(distributed::Communicator& all, std::vector<torch::Tensor> statistics) {
  if (all.alone() || statistics.empty()) return;
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
