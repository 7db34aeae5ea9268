#include "commands/ignored_signals.h"

#include <csignal>
#include <cstddef>
#include <iterator>

#include "staa/util/stop_signals.h"

namespace staa::app {
namespace {

bool ignored[std::size(kStopSignals)] = {};

void note_ignored_signals() {
  for (std::size_t i = 0; i < std::size(kStopSignals); ++i) {
    struct sigaction action {};
    ignored[i] =
        ::sigaction(kStopSignals[i], nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
}

// Runs before the initialisers of shared libraries.
[[gnu::section(".preinit_array"), gnu::used]] void (*const at_the_start)() = note_ignored_signals;

}  // namespace

void ignore_signals_again() {
  for (std::size_t i = 0; i < std::size(kStopSignals); ++i) {
    if (ignored[i]) std::signal(kStopSignals[i], SIG_IGN);
  }
}

}  // namespace staa::app
