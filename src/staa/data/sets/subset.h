#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "staa/data/dataset.h"
#include "staa/data/source.h"

namespace staa::data {

/// Indices of `count` samples of `set`, as equally spread over the classes as they allow: the first
/// ones of each class, or, with a seed, ones drawn by it. In rising order; all of them when the set
/// has no more than `count`. The same arguments always choose the same samples. Throws
/// Error(kUsage) if count is negative.
std::vector<std::int64_t> choose_balanced(const Labelled& set, std::int64_t count,
                                          std::optional<std::uint64_t> seed = std::nullopt);

/// Chosen samples of another data set, in the order given. `Set` is Dataset or Source.
template <typename Set>
class SubsetOf : public Set {
 public:
  /// Throws Error(kUsage) if an index is not one of `parent`.
  SubsetOf(std::shared_ptr<const Set> parent, std::vector<std::int64_t> indices);

  const std::string& name() const override { return parent_->name(); }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  const std::vector<std::string>& classes() const override { return parent_->classes(); }
  std::int64_t label(std::int64_t index) const override { return parent_->label(at(index)); }

  /// The parent's index of each sample.
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

/// The samples of `set` that choose_balanced names; the set itself where those are all.
std::shared_ptr<const Dataset> first(std::shared_ptr<const Dataset> set, std::int64_t count,
                                     std::optional<std::uint64_t> seed = std::nullopt);
std::shared_ptr<const Source> first(std::shared_ptr<const Source> set, std::int64_t count,
                                    std::optional<std::uint64_t> seed = std::nullopt);

}  // namespace staa::data
