#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace staa::app {

/// Runs the chosen subcommand and returns the exit code.
using Action = std::function<int()>;

/// Each function adds one subcommand with its options and help to `app`. Parsing sets `action`.
void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_experiment(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
void add_profile(CLI::App& app, Action& action);
void add_gradcam(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
/// Subcommands for packaging: they print files that packages install.
void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

/// Adds --checkpoint, which selects the best or the last weights of a run, to a subcommand.
inline void add_checkpoint(CLI::App& command, std::string& value, const std::string& help) {
  command.add_option("-c,--checkpoint", value, help)
      ->check(CLI::IsMember({"best", "last"}))
      ->capture_default_str();
}

}  // namespace staa::app
