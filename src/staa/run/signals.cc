#include "staa/run/signals.h"

#include <csignal>

namespace staa::run {
namespace {

// A signal handler can reach only global variables.
volatile std::sig_atomic_t stop_signal = 0;

extern "C" void remember_signal(int signal) {
  stop_signal = signal;
  // SA_RESETHAND has restored the default action, so that the next signal ends the process.
}

/// Leaves an ignored signal ignored, since nohup and shells with background jobs rely on that.
void install(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = remember_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  stop_signal = 0;
  for (std::size_t i = 0; i < std::size(kStopSignals); ++i) {
    ::sigaction(kStopSignals[i], nullptr, &before_[i]);
    install(kStopSignals[i]);
  }
  // If the reader of our output goes away, only the output ends, not the training.
  ::sigaction(SIGPIPE, nullptr, &pipe_before_);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < std::size(kStopSignals); ++i)
    ::sigaction(kStopSignals[i], &before_[i], nullptr);
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
}

int StopSignals::received() { return stop_signal; }

const char* StopSignals::name(int signal) {
  switch (signal) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "";
  }
}

}  // namespace staa::run
