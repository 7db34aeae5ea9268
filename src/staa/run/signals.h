#pragma once

#include <csignal>

namespace staa::run {

/// While it lives, SIGINT, SIGTERM and SIGHUP ask for a clean stop instead of ending the process; a
/// second signal ends it at once. One that the process was started to ignore stays ignored. SIGPIPE
/// is ignored: a training outlives the reader of its output. One at a time; with its end all have
/// the actions of before.
class StopSignals {
 public:
  static constexpr int kCount = 3;

  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that asked for the stop, or 0.
  static int received();

  /// "SIGINT", or "" for a signal that asks for no stop.
  static const char* name(int signal);

 private:
  struct sigaction before_[kCount] {};
  struct sigaction pipe_before_ {};
};

}  // namespace staa::run
