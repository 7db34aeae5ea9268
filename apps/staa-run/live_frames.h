#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "staa/events/scaled_frames.h"

namespace staa::app {

using Clock = std::chrono::steady_clock;

/// The events of one time step in the form that the model reads.
struct LiveFrame {
  std::vector<float> values;  ///< [height, width, 2]
  std::int64_t begin = 0;     ///< in microseconds of the camera's clock
  std::int64_t end = 0;
  std::uint64_t events = 0;
  bool restart = false;       ///< the camera's clock jumped before this frame
  Clock::time_point arrived;  ///< when the last of its events was read
};

/// The size of a frame: a duration in microseconds or, if that is 0, a number of events.
struct FrameRule {
  std::int64_t duration_us = 10'000;
  std::uint64_t events = 0;
};

/// Divides a stream of events into frames. An event from before the current frame is added to that
/// frame and counted as late; so is, in frames of a number of events, one from before the previous
/// event. If the clock jumps back by more than a second, or ahead by more than kMostEmpty frames,
/// timed frames restart at that event.
class FrameMaker {
 public:
  using Use = std::function<void(LiveFrame&&)>;
  static constexpr std::int64_t kMostEmpty = 1000;

  FrameMaker(events::Sensor sensor, events::Sensor size, const FrameRule& rule, Use use);

  void add(const events::Event* events, std::size_t count);
  /// Finishes all frames that end by the camera's time `clock`.
  void advance(std::int64_t clock);
  /// Passes on the last frame, even if it is not full.
  void finish();

  std::uint64_t late_events() const { return late_events_; }
  std::uint64_t jumps() const { return jumps_; }

 private:
  void add_timed(const events::Event& event);
  void add_counted(const events::Event& event);
  void hand_on(std::int64_t end);
  void restart(std::int64_t t);

  FrameRule rule_;
  Use use_;
  events::ScaledIntegrator sums_;
  bool running_ = false;
  bool restarted_ = false;
  std::int64_t begin_ = 0;
  std::int64_t last_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t late_events_ = 0;
  std::uint64_t jumps_ = 0;
};

}  // namespace staa::app
