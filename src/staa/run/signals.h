#pragma once

#include <csignal>
#include <iterator>

#include "staa/util/stop_signals.h"

namespace staa::run {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a clean stop instead of ending the process; a
/// second signal ends it at once. A signal that the process was started to ignore stays ignored.
/// SIGPIPE is ignored, so that a training outlives the reader of its output. Only one object may
/// exist at a time; its destructor restores the previous signal actions.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that requested the stop, or 0.
  static int received();

  /// "SIGINT" and the like, or "" for a signal that requests no stop.
  static const char* name(int signal);

 private:
  struct sigaction before_[std::size(kStopSignals)]{};
  struct sigaction pipe_before_ {};
};

}  // namespace staa::run
