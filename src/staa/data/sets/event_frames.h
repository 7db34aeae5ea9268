#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "staa/data/augment/frame_augment.h"
#include "staa/data/sets/recording_set.h"
#include "staa/data/source.h"
#include "staa/events/frame_cache.h"

namespace staa::data {

/// Recordings as frames for a network: [steps, height, width, 2], the number of events per pixel in
/// each time slice. They are not normalised, since the first convolution's BatchNorm does that.
class EventFrames : public Source {
 public:
  struct Options {
    events::FrameOptions frames;
    FrameAugmentOptions augment;
    bool event_drop = false;      ///< drop events at random (events/drop.h) before they are summed
    std::filesystem::path cache;  ///< folder for cached frames; "": no cache
  };

  /// Throws Error(kUsage) for frames that cannot be made for the recordings' sensor.
  EventFrames(std::shared_ptr<const RecordingSet> recordings, Options options);

  const std::string& name() const override { return recordings_->name(); }
  std::int64_t size() const override { return recordings_->size(); }
  const std::vector<std::string>& classes() const override { return recordings_->classes(); }
  std::int64_t label(std::int64_t index) const override { return recordings_->label(index); }
  SampleShape shape() const override;
  /// Also throws Error(kInput) for a recording that has no events or hardly any usable ones
  /// (events/usable.h).
  void read(std::int64_t index, Random& random, float* out) const override;
  /// Reports the fraction of unusable records if it is above 1 %.
  std::string remark() const override;

  /// The folder of cached frames; "" without a cache.
  const std::filesystem::path& cache_folder() const { return cache_.folder(); }

  /// The file of a sample.
  std::string recording_name(std::int64_t index) const {
    return recordings_->recording(index).path.string();
  }

  /// The frames of a sample as they are cached, before augmentation.
  events::Frames frames(std::int64_t index) const;

 private:
  /// Refuses an unusable recording; otherwise counts its records.
  void count(const events::Recording& recording, std::uint64_t events,
             const events::Skipped& skipped) const;

  std::shared_ptr<const RecordingSet> recordings_;
  Options options_;
  events::FrameShape shape_;
  events::FrameCache cache_;
  mutable std::mutex mutex_;  ///< guards the members below
  mutable std::uint64_t events_ = 0;
  mutable events::Skipped skipped_;
};

/// A summary of a whole set.
struct EventSummary {
  std::uint64_t events = 0;
  events::Skipped skipped;
  std::int64_t empty = 0;   ///< recordings without any event
  std::string first_empty;  ///< the first of them
  std::int64_t recordings = 0;
};

/// Reads the frames of every sample once, on `threads` threads, and so fills the cache. Calls
/// `progress(done)` now and then from one of the threads, never from two at a time. Throws the
/// first error of a recording.
EventSummary prepare(const EventFrames& frames, std::int64_t threads,
                     const std::function<void(std::int64_t done)>& progress);

}  // namespace staa::data
