#include "live_frames.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace staa::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

/// The extent of a single slice that never ends.
events::Extent endless() { return {std::numeric_limits<std::uint64_t>::max(), 0, 0}; }

}  // namespace

FrameMaker::FrameMaker(events::Sensor sensor, events::Sensor size, const FrameRule& rule, Use use)
    : rule_(rule),
      use_(std::move(use)),
      sums_(sensor, {1, events::SliceBy::kCount, size}, endless()) {}

void FrameMaker::add(const events::Event* events, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (rule_.duration_us > 0) {
      add_timed(events[i]);
    } else {
      add_counted(events[i]);
    }
  }
}

void FrameMaker::restart(std::int64_t t) {
  if (running_) {
    if (count_ > 0) hand_on(begin_ + rule_.duration_us);
    ++jumps_;
    restarted_ = true;
  }
  running_ = true;
  begin_ = t;
}

void FrameMaker::advance(std::int64_t clock) {
  if (!running_ || rule_.duration_us == 0 || clock < begin_) return;
  if ((clock - begin_) / rule_.duration_us > kMostEmpty) return;  // the next event restarts
  while (clock >= begin_ + rule_.duration_us) hand_on(begin_ + rule_.duration_us);
}

void FrameMaker::add_timed(const events::Event& event) {
  const bool ahead =
      running_ && event.t > begin_ && (event.t - begin_) / rule_.duration_us > kMostEmpty;
  const bool back = running_ && event.t < begin_ - kSecond;
  if (!running_ || ahead || back) restart(event.t);
  if (event.t < begin_) ++late_events_;
  advance(event.t);
  sums_.add(&event, 1);
  ++count_;
}

void FrameMaker::add_counted(const events::Event& event) {
  if (count_ == 0) begin_ = event.t;
  if (count_ > 0 && event.t < last_) ++late_events_;
  last_ = event.t;
  running_ = true;
  sums_.add(&event, 1);
  if (++count_ == rule_.events) hand_on(last_);
}

void FrameMaker::hand_on(std::int64_t end) {
  const auto found = sums_.finish();
  LiveFrame frame;
  frame.values.resize(found.values.size());
  const float scale = 1.0F / static_cast<float>(found.unit);
  std::transform(found.values.begin(), found.values.end(), frame.values.begin(),
                 [scale](std::uint32_t value) { return scale * static_cast<float>(value); });
  frame.begin = begin_;
  frame.end = end;
  frame.events = count_;
  frame.restart = std::exchange(restarted_, false);
  frame.arrived = Clock::now();
  sums_.clear();
  count_ = 0;
  begin_ = end;
  use_(std::move(frame));
}

void FrameMaker::finish() {
  if (count_ > 0) hand_on(rule_.duration_us > 0 ? begin_ + rule_.duration_us : last_);
}

}  // namespace staa::app
