#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "staa/train/fit.h"

namespace staa::run {

/// Reports progress to the user: a live bar on a terminal, plain lines otherwise. Everything except
/// the bar also goes to the run's log.
class Reporter {
 public:
  /// `quiet` prints only warnings; the log is still written. With an empty `log` nothing is printed
  /// or written: this is for the processes that leave reporting to another one.
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
