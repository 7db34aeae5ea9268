#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/walk.h"
#include "staa/recipe/recipe.h"

namespace staa::app {
namespace {

/// Escapes text for roff, which treats a leading dot or quote as a request and may break lines at
/// hyphens.
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

/// Prints the manual page, from the same descriptions as --help.
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

/// Prints the commands as a page of the documentation.
void print_markdown(const CLI::App& app) {
  std::cout
      << "# Commands\n\nMade by `staa manual --markdown`; `staa COMMAND --help` says the same.\n"
         "\nExit status 0: done; 1: it failed; 2: the command or the recipe is wrong; 128 + N: "
         "signal N ended it.\n";
  for_commands(app, [&](const CLI::App& command) {
    const auto words = words_of(command);
    if (words.empty()) return;
    std::cout << "\n## staa " << words << "\n\n" << command.get_description() << ".\n\n";
    for (const auto* option : command.get_options()) {
      const auto type = option->get_type_name();
      std::cout << "- `" << option->get_name(/*positional=*/true, /*all_options=*/true)
                << (type.empty() || type == "TEXT" ? "" : " " + type)
                << "`: " << option->get_description() << '\n';
    }
    if (!command.get_footer().empty()) std::cout << '\n' << command.get_footer() << '\n';
  });
}

}  // namespace

void add_manual(CLI::App& app, Action& action) {
  auto markdown = std::make_shared<bool>(false);
  auto* manual = app.add_subcommand("manual", "Print the manual page");
  manual->group("");  // for packages and the documentation; hidden from the help
  manual->add_flag("--markdown", *markdown, "Print a page in Markdown");
  manual->callback([&app, &action, markdown] {
    action = [&app, markdown] {
      if (*markdown) {
        print_markdown(app);
      } else {
        print_manual(app);
      }
      return 0;
    };
  });
}

}  // namespace staa::app
