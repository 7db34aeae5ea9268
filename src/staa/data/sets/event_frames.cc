#include "staa/data/sets/event_frames.h"

#include <mutex>
#include <utility>

#include "staa/events/drop.h"
#include "staa/events/usable.h"
#include "staa/util/error.h"
#include "staa/util/parallel.h"

namespace staa::data {
namespace {

/// Applies the map to every frame and converts sums to numbers of events.
void gather(const events::Frames& frames, const PixelMap& map, float* out) {
  const float scale = 1.0F / static_cast<float>(frames.unit);
  const auto pixels = static_cast<std::int64_t>(map.from.size());
  for (std::int64_t t = 0; t < frames.shape.steps; ++t) {
    const std::uint32_t* frame = frames.values.data() + 2 * t * pixels;
    for (const std::int64_t from : map.from) {
      const bool empty = from < 0;
      *out++ = empty ? 0.0F : scale * static_cast<float>(frame[2 * from]);
      *out++ = empty ? 0.0F : scale * static_cast<float>(frame[2 * from + 1]);
    }
  }
}

}  // namespace

EventFrames::EventFrames(std::shared_ptr<const RecordingSet> recordings, Options options)
    : recordings_(std::move(recordings)),
      options_(std::move(options)),
      shape_(events::frame_shape(recordings_->sensor(), options_.frames)),
      cache_(options_.cache) {}

SampleShape EventFrames::shape() const { return {shape_.steps, 2, shape_.height, shape_.width}; }

events::Frames EventFrames::frames(std::int64_t index) const {
  return cache_.get(recordings_->recording(index), options_.frames);
}

void EventFrames::read(std::int64_t index, Random& random, float* out) const {
  events::Frames sample;
  const auto recording = recordings_->recording(index);
  if (options_.event_drop) {
    const auto stream = events::open_recording(recording);
    auto events = events::read_all(*stream);
    count(recording, events.size(), stream->skipped());
    events::drop_events(events, recordings_->sensor(), random);
    sample = events::integrate(events, recordings_->sensor(), options_.frames);
  } else {
    sample = cache_.get(recording, options_.frames);
    count(recording, sample.events, sample.skipped);
  }
  gather(sample, draw_map(shape_.height, shape_.width, options_.augment, random), out);
}

void EventFrames::count(const events::Recording& recording, std::uint64_t events,
                        const events::Skipped& all_skipped) const {
  events::check_usable(recording, recordings_->sensor(), events, all_skipped);
  const auto skipped = events::suspicious(recording.format, all_skipped);
  const std::lock_guard<std::mutex> lock(mutex_);
  events_ += events;
  skipped_.special += skipped.special;
  skipped_.invalid += skipped.invalid;
  skipped_.outside += skipped.outside;
}

std::string EventFrames::remark() const {
  constexpr double kWorthSaying = 0.01;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (events::unusable_share(events_, skipped_) <= kWorthSaying) return "";
  return fmt::format("{}: {}", name(),
                     events::describe_unusable(events_, skipped_, recordings_->sensor()));
}

EventSummary prepare(const EventFrames& frames, std::int64_t threads,
                     const std::function<void(std::int64_t done)>& progress) {
  EventSummary summary;
  std::mutex mutex;  // guards summary
  for_each_index(frames.size(), threads, [&](std::int64_t index) {
    const auto sample = frames.frames(index);
    const std::lock_guard<std::mutex> lock(mutex);
    summary.events += sample.events;
    summary.skipped.special += sample.skipped.special;
    summary.skipped.invalid += sample.skipped.invalid;
    summary.skipped.outside += sample.skipped.outside;
    if (sample.events == 0 && summary.empty++ == 0) {
      summary.first_empty = frames.recording_name(index);
    }
    ++summary.recordings;
    if (progress) progress(summary.recordings);
  });
  return summary;
}

}  // namespace staa::data
