#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/data/labelled.h"
#include "staa/events/recording.h"

namespace staa::data {

/// A labelled set of event recordings of one sensor. It holds only their names: a file is read when
/// its sample is.
class RecordingSet : public Labelled {
 public:
  struct Sample {
    events::Recording recording;
    std::int64_t label = 0;
  };

  /// All recordings must be from `sensor`. Throws Error(kInput) if there is no class.
  RecordingSet(std::string name, events::Sensor sensor, std::vector<std::string> classes,
               std::vector<Sample> samples);

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return static_cast<std::int64_t>(samples_.size()); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override { return sample(index).label; }

  events::Sensor sensor() const { return sensor_; }
  const events::Recording& recording(std::int64_t index) const { return sample(index).recording; }

 private:
  const Sample& sample(std::int64_t index) const {
    return samples_[static_cast<std::size_t>(index)];
  }

  std::string name_;
  events::Sensor sensor_;
  std::vector<std::string> classes_;
  std::vector<Sample> samples_;
};

/// The two halves of a set of recordings. They have the same classes and sensor, and neither is
/// null.
struct RecordingSplits {
  std::shared_ptr<const RecordingSet> train;
  std::shared_ptr<const RecordingSet> test;
};

/// `count` recordings of `set`, chosen by choose_balanced(), or the set itself if it has no more.
std::shared_ptr<const RecordingSet> first(std::shared_ptr<const RecordingSet> set,
                                          std::int64_t count);

}  // namespace staa::data
