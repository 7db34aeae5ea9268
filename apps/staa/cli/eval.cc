#include "cli/eval.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_eval(CLI::App& app, Action& action) {
  auto options = std::make_shared<EvalOptions>();
  auto* command = app.add_subcommand("eval", "Measure a trained network on its test set");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  add_checkpoint(*command, options->checkpoint, "Which weights");
  command->add_option("-s,--set", options->overrides, "Set a key of the recipe, such as data.path")
      ->type_name("KEY=VALUE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options, &action] { action = [options] { return eval_command(*options); }; });
}

}  // namespace staa::app
