#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace staa::data {

/// Samples with a class each: what every data set says of itself, whatever its samples are.
/// Implementations are safe to read from many threads.
class Labelled {
 public:
  virtual ~Labelled() = default;

  /// Where the samples came from, for messages and the run's log.
  virtual const std::string& name() const = 0;
  virtual std::int64_t size() const = 0;
  /// One name a class, in label order; its length is the number of classes.
  virtual const std::vector<std::string>& classes() const = 0;
  /// Label of sample `index`, in [0, classes().size()).
  virtual std::int64_t label(std::int64_t index) const = 0;
};

}  // namespace staa::data
