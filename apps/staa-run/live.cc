#include "live.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "latency.h"
#include "serve.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

std::atomic<bool> stopped{false};

extern "C" void on_signal(int) { stopped = true; }

/// The first signal stops the run, which then prints its totals. The second one ends the program at
/// once.
void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

/// Passes frames from the thread that reads to the one that runs the model.
class Queue {
 public:
  explicit Queue(Overflow overflow) : overflow_(overflow) {}

  void push(LiveFrame&& frame) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (frames_.size() == kRoom && overflow_ == Overflow::kDrop) {
      ++dropped_;
      lost_restart_ = lost_restart_ || frame.restart;
      return;
    }
    waits_ += frames_.size() == kRoom ? 1 : 0;
    while (frames_.size() == kRoom && !stopped) changed_.wait_for(lock, kTick);
    if (stopped) return;
    frame.restart = frame.restart || lost_restart_;
    lost_restart_ = false;
    frames_.push_back(std::move(frame));
    changed_.notify_all();
  }

  /// Returns false if there will be no more frames.
  bool pop(LiveFrame& frame) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (frames_.empty() && !ended_ && !stopped) changed_.wait_for(lock, kTick);
    if (frames_.empty() || stopped) return false;
    frame = std::move(frames_.front());
    frames_.pop_front();
    changed_.notify_all();
    return true;
  }

  void end() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  std::uint64_t dropped() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return dropped_;
  }
  std::uint64_t waits() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waits_;
  }

 private:
  static constexpr std::size_t kRoom = 3;
  static constexpr auto kTick = std::chrono::milliseconds(50);

  Overflow overflow_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LiveFrame> frames_;
  bool ended_ = false;
  bool lost_restart_ = false;
  std::uint64_t dropped_ = 0;
  std::uint64_t waits_ = 0;
};

/// The results of the reading thread.
struct Reading {
  SourceEnd end;
  std::uint64_t late_events = 0;
  std::uint64_t jumps = 0;
  std::exception_ptr error;
};

void read_source(const LiveOptions& options, events::Sensor size, Queue& queue, Reading& reading) {
  try {
    std::unique_ptr<FrameMaker> frames;
    reading.end = run_source(
        options.source, stopped,
        [&](events::Sensor sensor) {
          frames = std::make_unique<FrameMaker>(
              sensor, size, options.rule, [&](LiveFrame&& frame) { queue.push(std::move(frame)); });
        },
        [&](const events::Event* events, std::size_t count, std::int64_t clock) {
          frames->add(events, count);
          if (clock >= 0) frames->advance(clock);
        });
    if (frames) {
      frames->finish();
      reading.late_events = frames->late_events();
      reading.jumps = frames->jumps();
    }
  } catch (...) {
    reading.error = std::current_exception();
  }
  queue.end();
}

/// Sums over all steps.
struct Totals {
  std::uint64_t steps = 0;
  std::uint64_t resets = 0;
  std::uint64_t events = 0;
  std::uint64_t spikes = 0;
  std::uint64_t late = 0;
  std::map<std::size_t, std::uint64_t> classes;  ///< the number of steps for each predicted class
  Latency latency;                               ///< from a frame's last event to its prediction
  Latency work;                                  ///< of the model only
};

class LiveRun {
 public:
  LiveRun(const LiveOptions& options, const runtime::Model& model, LivePage* page)
      : options_(options),
        model_(model),
        session_(model,
                 {runtime::Path::kAuto, false, model.fixed_steps() ? 0 : options.reset_after}),
        page_(page),
        reset_after_(options.reset_after == 0 ? model.steps() : options.reset_after) {
    if (model.fixed_steps() && reset_after_ > model.steps()) {
      fail(ErrorKind::kUsage, "--reset-after: the model runs 1 to {} time steps, not {}",
           model.steps(), reset_after_);
    }
  }

  void step(const LiveFrame& frame, std::uint64_t dropped) {
    if (frame.restart || steps_ == reset_after_) {
      session_.reset();
      steps_ = 0;
      last_ = {};
      ++totals_.resets;
    }
    const auto begin = Clock::now();
    const auto found = session_.push(frame.values.data());
    const auto end = Clock::now();
    ++steps_;
    const auto milliseconds = [](Clock::duration time) {
      return std::chrono::duration<double, std::milli>(time).count();
    };
    const double latency = milliseconds(end - frame.arrived);
    const auto& activity = session_.activity();
    const auto spikes = activity.spikes - last_.spikes;
    const auto neurons = activity.neurons - last_.neurons;
    last_ = activity;
    const bool late = latency > static_cast<double>(frame.end - frame.begin) / 1000;
    ++totals_.steps;
    totals_.events += frame.events;
    totals_.spikes += spikes;
    totals_.late += late ? 1 : 0;
    ++totals_.classes[found.label];
    totals_.latency.add(latency);
    totals_.work.add(milliseconds(end - begin));
    const auto& label = model_.classes()[found.label];
    if (!options_.quiet) print(frame, found, label, latency, spikes, late);
    if (page_ == nullptr) return;
    page_->show({totals_.steps, frame.begin, label, &found.probabilities, latency, spikes,
                 neurons == 0 ? 0.0 : static_cast<double>(spikes) / static_cast<double>(neurons),
                 frame.events, dropped, totals_.late, &frame.values});
  }

  void print_totals(const Queue& queue, const Reading& reading) const {
    const auto& t = totals_;
    const auto& skipped = reading.end.skipped;
    if (options_.json) {
      nlohmann::ordered_json classes = nlohmann::ordered_json::object();
      for (const auto& [label, count] : t.classes) classes[model_.classes()[label]] = count;
      const auto distribution = [](const Latency& times) {
        return nlohmann::ordered_json{{"mean", times.mean()},
                                      {"p50", times.quantile(0.5)},
                                      {"p90", times.quantile(0.9)},
                                      {"p99", times.quantile(0.99)},
                                      {"max", times.most()}};
      };
      nlohmann::ordered_json object{{"format", reading.end.format},
                                    {"steps", t.steps},
                                    {"resets", t.resets},
                                    {"events", t.events},
                                    {"spikes", t.spikes},
                                    {"dropped_frames", queue.dropped()},
                                    {"late_frames", t.late},
                                    {"waits", queue.waits()},
                                    {"late_events", reading.late_events},
                                    {"clock_jumps", reading.jumps},
                                    {"skipped", skipped.total()},
                                    {"cut_bytes", reading.end.cut_bytes},
                                    {"latency_ms", distribution(t.latency)},
                                    {"model_ms", distribution(t.work)},
                                    {"classes", classes}};
      if (!reading.end.broken.empty()) object["broken"] = reading.end.broken;
      std::cout << object.dump() << '\n' << std::flush;
      return;
    }
    std::cout << fmt::format(
        "{} steps of {} events ({}), {} spikes; the network was reset {} times\n", t.steps,
        t.events, reading.end.format.empty() ? "no stream" : reading.end.format, t.spikes,
        t.resets);
    if (t.steps > 0) print_latency();
    std::cout << fmt::format(
        "{} frames dropped, {} late; the source waited {} times; {} late events, {} jumps of the "
        "clock, {} records skipped\n",
        queue.dropped(), t.late, queue.waits(), reading.late_events, reading.jumps,
        skipped.total());
    for (const auto& [label, count] : t.classes) {
      std::cout << fmt::format("  {}: {} steps\n", model_.classes()[label], count);
    }
    std::cout << std::flush;
  }

 private:
  void print_latency() const {
    const auto& t = totals_;
    std::cout << fmt::format(
        "latency: {:.2f} ms on average, {:.2f} median, {:.2f} at 90 %, {:.2f} at 99 %, {:.2f} at "
        "most; of it the network {:.2f} on average\n",
        t.latency.mean(), t.latency.quantile(0.5), t.latency.quantile(0.9),
        t.latency.quantile(0.99), t.latency.most(), t.work.mean());
  }

  void print(const LiveFrame& frame, const runtime::Prediction& found, const std::string& label,
             double latency, std::uint64_t spikes, bool late) const {
    if (options_.json) {
      const nlohmann::ordered_json object{
          {"step", totals_.steps}, {"t_us", frame.begin},
          {"class", label},        {"probability", found.probability},
          {"steps", found.steps},  {"latency_ms", latency},
          {"spikes", spikes},      {"events", frame.events},
          {"late", late}};
      std::cout << object.dump() << '\n';
    } else {
      std::cout << fmt::format(
          "{:>6}  {:>12.6f} s  {} ({:.1f} %), {:.2f} ms, {} spikes, {} events\n", totals_.steps,
          static_cast<double>(frame.begin) / 1e6, label, 100 * found.probability, latency, spikes,
          frame.events);
    }
    std::cout << std::flush;
  }

  const LiveOptions& options_;
  const runtime::Model& model_;
  runtime::Session session_;
  LivePage* page_;
  std::size_t reset_after_;
  std::size_t steps_ = 0;  ///< since the last reset
  runtime::Activity last_;
  Totals totals_;
};

}  // namespace

int run_live(const LiveOptions& options, const runtime::Model& model) {
  const auto shape = model.input();
  constexpr std::size_t kPolarities = 2;
  if (shape.channels != kPolarities) {
    fail(ErrorKind::kUsage, "--live: expected a model of events, with 2 channels; this one has {}",
         shape.channels);
  }
  const events::Sensor size{static_cast<std::int64_t>(shape.width),
                            static_cast<std::int64_t>(shape.height)};
  auto source_options = options;
  if (source_options.source.sensor == events::Sensor{}) source_options.source.sensor = size;
  catch_signals();
  std::unique_ptr<LivePage> page;
  if (options.serve_port >= 0) {
    page = std::make_unique<LivePage>(options.serve_host, options.serve_port, model);
    std::cerr << fmt::format("staa-run: the page is at {}\n", page->address());
  }
  LiveRun run(options, model, page.get());
  Queue queue(options.overflow);
  Reading reading;
  std::thread reader([&] { read_source(source_options, size, queue, reading); });
  std::exception_ptr error;
  try {
    for (LiveFrame frame; queue.pop(frame);) run.step(frame, queue.dropped());
  } catch (...) {
    error = std::current_exception();
    stopped = true;
  }
  reader.join();
  if (error) std::rethrow_exception(error);
  if (reading.error) std::rethrow_exception(reading.error);
  if (page) page->end();
  run.print_totals(queue, reading);
  if (reading.end.cut_bytes > 0) {
    std::fprintf(stderr,
                 "staa-run: warning: the stream ended within a record or packet (%zu bytes of it); "
                 "what came before is counted\n",
                 reading.end.cut_bytes);
  }
  if (!reading.end.broken.empty()) {
    std::fprintf(stderr, "staa-run: error: %s\n", reading.end.broken.c_str());
    return 1;
  }
  return 0;
}

}  // namespace staa::app
