#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::data {

/// A set of samples with one class each: the interface that all data sets share. Implementations
/// can be read from many threads at once.
class Labelled {
 public:
  virtual ~Labelled() = default;

  /// Where the samples came from, for messages and the run's log.
  virtual const std::string& name() const = 0;
  virtual std::int64_t size() const = 0;
  /// One name per class, in label order; its length is the number of classes.
  virtual const std::vector<std::string>& classes() const = 0;
  /// The label of sample `index`, in [0, classes().size()).
  virtual std::int64_t label(std::int64_t index) const = 0;
};

/// Returns the number of samples of each class.
std::vector<std::int64_t> count_classes(const Labelled& set);

}  // namespace staa::data
