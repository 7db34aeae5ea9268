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

/// Recordings as frames for a network: events summed over slices of time, [steps, height, width, 2]
/// in events a pixel. Not normalised: the first convolution's BatchNorm does it.
class EventFrames : public Source {
 public:
  struct Options {
    events::FrameOptions frames;
    FrameAugmentOptions augment;
    bool event_drop = false;  ///< leave out events at random (events/drop.h) before they are summed
    std::filesystem::path cache;  ///< where frames are kept; "": nowhere
  };

  /// Throws Error(kUsage) for frames that the recordings' sensor does not give.
  EventFrames(std::shared_ptr<const RecordingSet> recordings, Options options);

  const std::string& name() const override { return recordings_->name(); }
  std::int64_t size() const override { return recordings_->size(); }
  const std::vector<std::string>& classes() const override { return recordings_->classes(); }
  std::int64_t label(std::int64_t index) const override { return recordings_->label(index); }
  SampleShape shape() const override;
  /// Throws Error(kInput) too where a recording holds no events, or hardly any of use
  /// (events/usable.h).
  void read(std::int64_t index, Random& random, float* out) const override;
  /// The share of records that were of no use, where it is more than 1 %.
  std::string remark() const override;

  /// Where frames are kept; "": nowhere.
  const std::filesystem::path& cache_folder() const { return cache_.folder(); }

  /// The file of a sample.
  std::string recording_name(std::int64_t index) const {
    return recordings_->recording(index).path.string();
  }

  /// The frames of a sample as they are kept, before augmentation.
  events::Frames frames(std::int64_t index) const;

 private:
  /// Refuses a recording without use; else counts it.
  void count(const events::Recording& recording, std::uint64_t events,
             const events::Skipped& skipped) const;

  std::shared_ptr<const RecordingSet> recordings_;
  Options options_;
  events::FrameShape shape_;
  events::FrameCache cache_;
  mutable std::mutex mutex_;  ///< guards what follows
  mutable std::uint64_t events_ = 0;
  mutable events::Skipped skipped_;
};

/// What was found in a whole set.
struct EventSummary {
  std::uint64_t events = 0;
  events::Skipped skipped;
  std::int64_t empty = 0;   ///< recordings without any event
  std::string first_empty;  ///< the first of them
  std::int64_t recordings = 0;
};

/// Reads the frames of every sample once, on `threads` threads, which fills the cache. Calls
/// `progress(done)` now and then, from any of them but one at a time. Throws the first error that a
/// recording gives.
EventSummary prepare(const EventFrames& frames, std::int64_t threads,
                     const std::function<void(std::int64_t done)>& progress);

}  // namespace staa::data
