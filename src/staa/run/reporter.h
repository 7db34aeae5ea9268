#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace staa::run {

/// What the progress display shows.
struct StepLine {
  std::int64_t epoch = 0;  ///< counted from 1
  std::int64_t epochs = 0;
  std::int64_t batch = 0;  ///< of the epoch, counted from 1
  std::int64_t batches = 0;
  double loss = 0;  ///< mean of the epoch so far
  double top1 = 0;  ///< percent in training, likewise
  double images_per_s = 0;
  double seconds_left = 0;  ///< of the whole run
};

/// Tells a person how training goes: a live bar on a terminal, plain lines otherwise, and
/// everything but the bar in the run's log.
class Reporter {
 public:
  /// `quiet` says nothing but warnings; the log is written all the same. An empty `log` stands for
  /// one of many processes of which another speaks: nothing is said nor written.
  Reporter(const std::filesystem::path& log, bool quiet);
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  void say(const std::string& line);
  void warn(const std::string& line);
  void step(const StepLine& report);

 private:
  void clear_bar();

  std::shared_ptr<spdlog::logger> logger_;
  bool terminal_;
  bool quiet_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point last_shown_;
};

}  // namespace staa::run
