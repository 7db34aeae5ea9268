#pragma once

#include <csignal>

namespace staa {

/// The signals that ask a program to stop.
constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};

}  // namespace staa
