#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace staa::app {

/// The names that select a command: "data convert" for `staa data convert`.
inline std::string words_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  if (parent == nullptr) return "";
  const auto before = words_of(*parent);
  return before.empty() ? command.get_name() : before + " " + command.get_name();
}

/// Calls `use` for a command and, recursively, for its subcommands, except hidden ones.
template <typename Use>
void for_commands(const CLI::App& command, const Use& use) {
  use(command);
  for (const auto* below : command.get_subcommands(nullptr)) {
    if (!below->get_group().empty()) for_commands(*below, use);
  }
}

}  // namespace staa::app
