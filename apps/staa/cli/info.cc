#include "cli/info.h"

#include <memory>

#include "cli/command.h"
#include "cli/keys.h"

namespace staa::app {
namespace {

/// The keys are a matter of the recipe alone; the rest asks LibTorch.
int print_info(const InfoOptions& options) {
  if (!options.keys) return info_command(options);
  if (options.markdown) {
    print_keys_page();
  } else {
    print_keys(options.json);
  }
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<InfoOptions>();
  auto* command =
      app.add_subcommand("info", "What this build can do, on this machine; the keys of a recipe");
  command->add_flag("--keys", options->keys, "List every key of a recipe");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--markdown", options->markdown, "With --keys: print a page in Markdown");
  command->callback([options, &action] { action = [options] { return print_info(*options); }; });
}

}  // namespace staa::app
