#include <fmt/format.h>

#include <iostream>

#include "command.h"
#include "staa/recipe/recipe.h"

namespace staa::app {
namespace {

/// "staa data convert" -> "data convert": the words that choose a command.
std::string words_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  if (parent == nullptr) return "";
  const auto before = words_of(*parent);
  return before.empty() ? command.get_name() : before + " " + command.get_name();
}

/// Calls `use` with a command and all below it, but hidden ones.
template <typename Use>
void for_commands(const CLI::App& command, const Use& use) {
  use(command);
  for (const auto* below : command.get_subcommands(nullptr)) {
    if (!below->get_group().empty()) for_commands(*below, use);
  }
}

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

/// Options, commands and a recipe's keys; elsewhere files, as the shell itself does.
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

/// roff takes a leading dot or quote for a request, a hyphen for one that may break.
std::string roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_start = i == 0 || text[i - 1] == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  return out;
}

void print_options(const CLI::App& command) {
  for (const auto* option : command.get_options()) {
    std::cout << ".TP\n.B " << roff(option->get_name(/*positional=*/false, /*all_options=*/true));
    const auto type = option->get_type_name();
    if (!type.empty() && type != "TEXT") std::cout << " \\fI" << roff(type) << "\\fR";
    std::cout << '\n' << roff(option->get_description()) << '\n';
  }
}

/// The manual page, from the same descriptions as --help.
void print_manual(const CLI::App& app) {
  std::cout << ".TH STAA 1 \"\" \"staa " STAA_VERSION
               "\" \"User commands\"\n"
               ".SH NAME\nstaa \\- trains and profiles deep spiking neural networks\n"
               ".SH SYNOPSIS\n.B staa\n.I COMMAND\n[options]\n"
               ".SH DESCRIPTION\n"
            << roff(app.get_description()) << ".\n";
  for_commands(app, [&](const CLI::App& command) {
    const auto words = words_of(command);
    if (words.empty()) return;
    std::cout << ".SH STAA " << roff(words) << '\n' << roff(command.get_description()) << ".\n";
    print_options(command);
    if (!command.get_footer().empty()) std::cout << ".PP\n" << roff(command.get_footer()) << '\n';
  });
  std::cout << ".SH KEYS OF A RECIPE\n";
  for (const auto& key : recipe::describe_keys()) {
    std::cout << ".TP\n.B " << roff(key.path) << " = " << roff(key.initial) << '\n'
              << roff(key.meaning) << " (" << roff(key.type)
              << (key.allowed.empty() ? "" : ", " + roff(key.allowed)) << ")\n";
  }
  std::cout << ".SH EXIT STATUS\n0: done. 1: it failed. 2: the command or the recipe is wrong. "
               "128 + N: signal N ended it.\n";
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* completion = app.add_subcommand("completion", "Print a script that completes in bash");
  completion->group("");  // for packages: not in the help
  completion->callback([&app, &action] {
    action = [&app] {
      print_completion(app);
      return 0;
    };
  });
  auto* manual = app.add_subcommand("manual", "Print the manual page");
  manual->group("");
  manual->callback([&app, &action] {
    action = [&app] {
      print_manual(app);
      return 0;
    };
  });
}

}  // namespace staa::app
