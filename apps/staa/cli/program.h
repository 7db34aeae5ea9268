#pragma once

#include <exception>
#include <string>
#include <vector>

#include "cli/command.h"

namespace staa::app {

/// Adds one subcommand with its options and help.
using AddCommand = void (*)(CLI::App& app, Action& action);

/// The text of an exception for the user.
using Describe = std::string (*)(const std::exception& error);

/// Parses a command line of `staa` with these subcommands, runs the chosen one and returns the exit
/// code: 0, 1 for a failure or 2 for wrong usage. Errors are printed on standard error.
int run_program(int argc, char** argv, const std::vector<AddCommand>& commands, Describe describe);

}  // namespace staa::app
