#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "staa/data/dataset.h"
#include "staa/data/source.h"

namespace staa::data {

/// The indices of `count` samples of `set` in rising order, distributed over the classes as evenly
/// as possible: the first ones of each class or, with a seed, random ones. If the set has no more
/// than `count` samples, the result is all of them. The same arguments always give the same
/// samples. Throws Error(kUsage) if count is negative.
std::vector<std::int64_t> choose_balanced(const Labelled& set, std::int64_t count,
                                          std::optional<std::uint64_t> seed = std::nullopt);

/// Selected samples of another data set, in the given order. `Set` is Dataset or Source.
template <typename Set>
class SubsetOf : public Set {
 public:
  /// Throws Error(kUsage) if an index is out of range for `parent`.
  SubsetOf(std::shared_ptr<const Set> parent, std::vector<std::int64_t> indices);

  const std::string& name() const override { return parent_->name(); }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  const std::vector<std::string>& classes() const override { return parent_->classes(); }
  std::int64_t label(std::int64_t index) const override { return parent_->label(at(index)); }

  /// The index of each sample in the parent.
  const std::vector<std::int64_t>& indices() const { return indices_; }

 protected:
  const Set& parent() const { return *parent_; }
  std::int64_t at(std::int64_t index) const { return indices_[static_cast<std::size_t>(index)]; }

 private:
  std::shared_ptr<const Set> parent_;
  std::vector<std::int64_t> indices_;
};

class Subset : public SubsetOf<Dataset> {
 public:
  using SubsetOf<Dataset>::SubsetOf;
  ImageShape shape() const override { return parent().shape(); }
  void read(std::int64_t index, std::uint8_t* out) const override { parent().read(at(index), out); }
};

class SourceSubset : public SubsetOf<Source> {
 public:
  using SubsetOf<Source>::SubsetOf;
  SampleShape shape() const override { return parent().shape(); }
  void read(std::int64_t index, Random& random, float* out) const override {
    parent().read(at(index), random, out);
  }
};

/// The samples of `set` that choose_balanced() selects, or the set itself if it has no more.
std::shared_ptr<const Dataset> first(std::shared_ptr<const Dataset> set, std::int64_t count,
                                     std::optional<std::uint64_t> seed = std::nullopt);
std::shared_ptr<const Source> first(std::shared_ptr<const Source> set, std::int64_t count,
                                    std::optional<std::uint64_t> seed = std::nullopt);

}  // namespace staa::data
