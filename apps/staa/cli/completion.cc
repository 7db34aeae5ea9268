#include <fmt/format.h>

#include <iostream>

#include "cli/command.h"
#include "cli/walk.h"
#include "staa/recipe/recipe.h"

namespace staa::app {
namespace {

std::string names_below(const CLI::App& command) {
  std::string names;
  for (const auto* below : command.get_subcommands(nullptr)) {
    if (!below->get_group().empty()) names += below->get_name() + " ";
  }
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names += "--" + name + " ";
    for (const auto& name : option->get_snames()) names += "-" + name + " ";
  }
  return names;
}

/// Completes options, commands and recipe keys. Elsewhere the shell completes file names.
void print_completion(const CLI::App& app) {
  std::string keys;
  for (const auto& key : recipe::describe_keys()) keys += key.path + "= ";
  std::string cases;
  std::string commands;
  for_commands(app, [&](const CLI::App& command) {
    const auto words = words_of(command);
    if (!words.empty()) commands += fmt::format("      \"{}\") command=$joined ;;\n", words);
    cases += fmt::format("    \"{}\") words='{}' ;;\n", words, names_below(command));
  });
  std::cout << "# bash completion of staa, made by: staa completion\n_staa() {\n"
               "  local word=${COMP_WORDS[COMP_CWORD]} command= joined= i words in_set=\n"
               "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
               "    case ${COMP_WORDS[i]} in\n"
               "      -s|--set) in_set=yes ;;\n"
               "      -*) in_set= ;;\n"
               "    esac\n"
               "    joined=${command:+$command }${COMP_WORDS[i]}\n"
               "    case $joined in\n"
            << commands
            << "    esac\n  done\n"
               "  if [[ $in_set && $word != -* ]]; then\n"
               "    [[ $word == *=* || ${COMP_WORDS[COMP_CWORD-1]} == = ]] && return\n"
               "    compopt -o nospace\n"
            << fmt::format("    COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n    return\n  fi\n",
                           keys)
            << "  case $command in\n"
            << cases
            << "  esac\n"
               "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
               "}\n"
               "complete -o default -F _staa staa\n";
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* completion = app.add_subcommand("completion", "Print a script that completes in bash");
  completion->group("");  // for packages; hidden from the help
  completion->callback([&app, &action] {
    action = [&app] {
      print_completion(app);
      return 0;
    };
  });
}

}  // namespace staa::app
