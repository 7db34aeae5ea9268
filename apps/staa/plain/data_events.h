#pragma once

#include "cli/command.h"

namespace staa::app {

// The subcommands of `staa data` for event recordings.
void add_prepare(CLI::App& app, Action& action);
void add_recording(CLI::App& app, Action& action);
void add_simulate(CLI::App& app, Action& action);

}  // namespace staa::app
