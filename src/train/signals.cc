#include "staa/train/signals.h"

#include <csignal>

namespace staa::train {
namespace {

// A handler can reach nothing but a global.
volatile std::sig_atomic_t stop_signal = 0;

extern "C" void remember_signal(int signal) {
  stop_signal = signal;
  // SA_RESETHAND has put the default action back for this signal: the next one ends the process.
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = handler == SIG_DFL ? 0 : static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  stop_signal = 0;
  install(SIGINT, remember_signal);
  install(SIGTERM, remember_signal);
}

StopSignals::~StopSignals() {
  install(SIGINT, SIG_DFL);
  install(SIGTERM, SIG_DFL);
}

int StopSignals::received() { return stop_signal; }

}  // namespace staa::train
