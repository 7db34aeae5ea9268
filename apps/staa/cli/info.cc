#include "cli/info.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<InfoOptions>();
  auto* command =
      app.add_subcommand("info", "What this build can do, on this machine; the keys of a recipe");
  command->add_flag("--keys", options->keys, "List every key of a recipe");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--markdown", options->markdown, "With --keys: print a page in Markdown");
  command->callback([options, &action] { action = [options] { return info_command(*options); }; });
}

}  // namespace staa::app
