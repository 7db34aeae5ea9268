#pragma once

#include <torch/data/example.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "staa/data/source.h"
#include "staa/util/random.h"

namespace staa::train {

/// One sample of a user-defined data set.
struct Sample {
  torch::Tensor input;  ///< [C, H, W], frames [T, C, H, W], [C], or a sequence [T, C]
  std::int64_t label = 0;
};

/// The data that fit() takes: one of staa's own sources, or any class with two functions,
///
///   std::int64_t size() const;
///   train::Sample get(std::int64_t index) const;
///
/// such as one of LibTorch's datasets (whose `get` returns a torch::data::Example<>). The loader's
/// threads call `get` concurrently. All inputs must have the same shape. If `get` draws random
/// numbers, give it a second parameter, `Random& random`: its draws depend only on the fit's seed,
/// the epoch and the index, so that a fit can be repeated and resumed.
class Data {
 public:
  template <class Set>
  Data(std::shared_ptr<Set> set)  // NOLINT(google-explicit-constructor)
      : source_(source_of(std::move(set))) {}

  const std::shared_ptr<const data::Source>& source() const { return source_; }

 private:
  using Get = std::function<Sample(std::int64_t index, Random& random)>;

  static Sample to_sample(Sample sample) { return sample; }
  static Sample to_sample(const torch::data::Example<>& example) {
    return {example.data, example.target.item<std::int64_t>()};
  }

  template <class Set>
  static auto size_of(const Set& set) -> decltype(*set.size(), std::int64_t{}) {
    return static_cast<std::int64_t>(*set.size());  // LibTorch's size is optional
  }
  template <class Set>
  static auto size_of(const Set& set) -> decltype(static_cast<std::int64_t>(set.size())) {
    return static_cast<std::int64_t>(set.size());
  }

  template <class Set>
  static auto get_of(std::shared_ptr<Set> set, int)
      -> decltype(set->get(std::int64_t{}, std::declval<Random&>()), Get()) {
    return [set](std::int64_t i, Random& random) { return to_sample(set->get(i, random)); };
  }
  template <class Set>
  static Get get_of(std::shared_ptr<Set> set, long) {
    return [set](std::int64_t i, Random&) {
      return to_sample(set->get(static_cast<decltype(size_of(*set))>(i)));
    };
  }

  template <class Set>
  static std::shared_ptr<const data::Source> source_of(std::shared_ptr<Set> set) {
    if constexpr (std::is_base_of_v<data::Source, Set>) {
      return set;
    } else {
      const auto size = size_of(*set);
      return wrap(size, get_of(std::move(set), 0));
    }
  }

  static std::shared_ptr<const data::Source> wrap(std::int64_t size, Get get);

  std::shared_ptr<const data::Source> source_;
};

}  // namespace staa::train
