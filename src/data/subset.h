#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// Chosen samples of another data set, in the order given.
class Subset : public Dataset {
 public:
  /// Throws Error(kUsage) if an index is not one of `parent`.
  Subset(std::shared_ptr<const Dataset> parent, std::vector<std::int64_t> indices);

  const std::string& name() const override { return parent_->name(); }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  ImageShape shape() const override { return parent_->shape(); }
  const std::vector<std::string>& classes() const override { return parent_->classes(); }
  std::int64_t label(std::int64_t index) const override {
    return parent_->label(indices_[static_cast<std::size_t>(index)]);
  }
  void read(std::int64_t index, std::uint8_t* out) const override {
    parent_->read(indices_[static_cast<std::size_t>(index)], out);
  }

  /// The parent's index of each sample.
  const std::vector<std::int64_t>& indices() const { return indices_; }

 private:
  std::shared_ptr<const Dataset> parent_;
  std::vector<std::int64_t> indices_;
};

/// `count` samples of `dataset`, as equally spread over the classes as they allow: the first ones
/// of each class, or, with a seed, ones drawn by it. They keep their order in `dataset`. The same
/// arguments always choose the same samples. The data set itself is returned when it has no more
/// than `count` samples. Throws Error(kUsage) if count is negative.
std::shared_ptr<const Dataset> first(std::shared_ptr<const Dataset> dataset, std::int64_t count,
                                     std::optional<std::uint64_t> seed = std::nullopt);

}  // namespace staa::data
