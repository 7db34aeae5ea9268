#pragma once

namespace staa::train {

/// While it lives, SIGINT and SIGTERM ask for a clean stop instead of ending the process; a second
/// signal ends it at once. One at a time; with its end both signals
/// have their default action again.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The signal that asked for the stop, or 0.
  static int received();
};

}  // namespace staa::train
