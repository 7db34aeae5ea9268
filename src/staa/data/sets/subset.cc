#include "staa/data/sets/subset.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "staa/data/loading/shuffle.h"
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

template <typename SubsetType, typename Set>
std::shared_ptr<const Set> first_of(std::shared_ptr<const Set> set, std::int64_t count,
                                    std::optional<std::uint64_t> seed) {
  auto chosen = choose_balanced(*set, count, seed);
  if (static_cast<std::int64_t>(chosen.size()) == set->size()) return set;
  return std::make_shared<SubsetType>(std::move(set), std::move(chosen));
}

}  // namespace

std::vector<std::int64_t> choose_balanced(const Labelled& set, std::int64_t count,
                                          std::optional<std::uint64_t> seed) {
  if (count < 0) {
    fail(ErrorKind::kUsage, "{}: cannot take {} samples: expected 0 or more", set.name(), count);
  }
  if (count >= set.size()) return candidates(set.size(), std::nullopt);

  std::vector<std::vector<std::int64_t>> of_class(set.classes().size());
  for (const auto index : candidates(set.size(), seed)) {
    of_class[static_cast<std::size_t>(set.label(index))].push_back(index);
  }
  // Take one sample of each class in turn until there are enough.
  std::vector<std::int64_t> chosen;
  const auto wanted = static_cast<std::size_t>(count);
  for (std::size_t round = 0; chosen.size() < wanted; ++round) {
    for (const auto& members : of_class) {
      if (round < members.size() && chosen.size() < wanted) chosen.push_back(members[round]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

template <typename Set>
SubsetOf<Set>::SubsetOf(std::shared_ptr<const Set> parent, std::vector<std::int64_t> indices)
    : parent_(std::move(parent)), indices_(std::move(indices)) {
  for (const auto index : indices_) {
    if (index < 0 || index >= parent_->size()) {
      fail(ErrorKind::kUsage, "{}: no sample {}: expected 0 to {}", parent_->name(), index,
           parent_->size() - 1);
    }
  }
}

template class SubsetOf<Dataset>;
template class SubsetOf<Source>;

std::shared_ptr<const Dataset> first(std::shared_ptr<const Dataset> set, std::int64_t count,
                                     std::optional<std::uint64_t> seed) {
  return first_of<Subset>(std::move(set), count, seed);
}

std::shared_ptr<const Source> first(std::shared_ptr<const Source> set, std::int64_t count,
                                    std::optional<std::uint64_t> seed) {
  return first_of<SourceSubset>(std::move(set), count, seed);
}

}  // namespace staa::data
