#include "staa/data/subset.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "staa/data/shuffle.h"
#include "staa/util/error.h"

namespace staa::data {
namespace {

constexpr std::uint64_t kSubsetTag = 0x73756273;  // "subs"

std::vector<std::int64_t> candidates(std::int64_t size, std::optional<std::uint64_t> seed) {
  if (seed) return random_order(size, Random{*seed, kSubsetTag});
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

}  // namespace

Subset::Subset(std::shared_ptr<const Dataset> parent, std::vector<std::int64_t> indices)
    : parent_(std::move(parent)), indices_(std::move(indices)) {
  for (const auto index : indices_) {
    if (index < 0 || index >= parent_->size()) {
      fail(ErrorKind::kUsage, "{}: no image {}: expected 0 to {}", parent_->name(), index,
           parent_->size() - 1);
    }
  }
}

std::shared_ptr<const Dataset> first(std::shared_ptr<const Dataset> dataset, std::int64_t count,
                                     std::optional<std::uint64_t> seed) {
  if (count < 0) {
    fail(ErrorKind::kUsage, "{}: cannot take {} images: expected 0 or more", dataset->name(),
         count);
  }
  if (count >= dataset->size()) return dataset;

  std::vector<std::vector<std::int64_t>> of_class(dataset->classes().size());
  for (const auto index : candidates(dataset->size(), seed)) {
    of_class[static_cast<std::size_t>(dataset->label(index))].push_back(index);
  }
  // Deal one image of each class in turn until there are enough.
  std::vector<std::int64_t> chosen;
  const auto wanted = static_cast<std::size_t>(count);
  for (std::size_t round = 0; chosen.size() < wanted; ++round) {
    for (const auto& members : of_class) {
      if (round < members.size() && chosen.size() < wanted) chosen.push_back(members[round]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return std::make_shared<Subset>(std::move(dataset), std::move(chosen));
}

}  // namespace staa::data
