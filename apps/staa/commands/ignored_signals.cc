#include "commands/ignored_signals.h"

#include <csignal>
#include <cstddef>
#include <iterator>

namespace staa::app {
namespace {

constexpr int kStops[] = {SIGINT, SIGTERM, SIGHUP};
bool ignored[std::size(kStops)] = {};

void note_ignored_signals() {
  for (std::size_t i = 0; i < std::size(kStops); ++i) {
    struct sigaction action {};
    ignored[i] = ::sigaction(kStops[i], nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
}

// Runs before the initialisers of shared libraries.
[[gnu::section(".preinit_array"), gnu::used]] void (*const at_the_start)() = note_ignored_signals;

}  // namespace

void ignore_signals_again() {
  for (std::size_t i = 0; i < std::size(kStops); ++i) {
    if (ignored[i]) std::signal(kStops[i], SIG_IGN);
  }
}

}  // namespace staa::app
