#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "staa/train/fit.h"

namespace staa::run {

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
  void step(const train::StepReport& report);

 private:
  void clear_bar();

  std::shared_ptr<spdlog::logger> logger_;
  bool terminal_;
  bool quiet_;
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point last_shown_;
};

}  // namespace staa::run
