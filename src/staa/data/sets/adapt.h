#pragma once

#include <memory>
#include <optional>
#include <string>

#include "staa/data/dataset.h"

namespace staa::data {

/// The published facts about a data set.
struct PublishedFacts {
  ImageShape shape;
  std::int64_t classes = 0;
};

/// The facts about a still-image set whose images all have one shape, or nothing for any other
/// name.
std::optional<PublishedFacts> published_facts(const std::string& set);

/// Shows `parent` in another shape: takes the nearest pixel, and repeats one channel or averages
/// three. It is for measurements on real pixels when the right set is not available, not for
/// training.
class Adapted : public Dataset {
 public:
  /// The list of class names is padded or cut to `classes`; labels are taken modulo its length.
  Adapted(std::shared_ptr<const Dataset> parent, const ImageShape& shape, std::int64_t classes);

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return parent_->size(); }
  ImageShape shape() const override { return shape_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override {
    return parent_->label(index) % static_cast<std::int64_t>(classes_.size());
  }
  void read(std::int64_t index, std::uint8_t* out) const override;

 private:
  std::shared_ptr<const Dataset> parent_;
  ImageShape shape_;
  std::vector<std::string> classes_;
  std::string name_;
};

}  // namespace staa::data
