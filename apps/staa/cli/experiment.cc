#include "cli/experiment.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_experiment(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExperimentOptions>();
  auto* command = app.add_subcommand(
      "experiment", "Make one of the paper's tables or figures anew: a grid of runs and its table");
  command->add_option("name", options->name, "Which; --list names them")->type_name("NAME");
  command->add_option("-o,--out", options->out, "Folder of its runs and tables")
      ->type_name("DIR")
      ->default_str("experiments/NAME");
  command->add_option("--scale", options->scale, "The paper's, or one for two cores")
      ->check(CLI::IsMember({"small", "medium", "paper"}))
      ->capture_default_str();
  command->add_option("--seeds", options->grid.seeds, "Runs of each cell, of seeds 1 to N")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--data", options->grid.data,
                   "Folder of the data set; at small scale a folder of images, train/CLASS/* and "
                   "test/CLASS/*")
      ->type_name("DIR");
  command->add_option("-s,--set", options->grid.overrides, "Set a key of every recipe")
      ->type_name("KEY=VALUE");
  command->add_option("-j,--jobs", options->jobs, "Runs at once; the cores are divided among them")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->default_str("a core or CUDA device each");
  command->add_option("--only", options->only, "Run these cells")->type_name("CELL");
  command
      ->add_option("--reuse", options->reuse,
                   "Folders of other experiments: copy finished runs of the same recipe from there")
      ->type_name("DIR");
  command->add_flag("--list", options->list, "List the experiments, or the cells of one");
  command->add_flag("--dry-run", options->dry_run, "Tell what would run, and do nothing");
  command->add_flag("--json", options->json, "Print the table as one JSON object");
  command->footer(
      "Run it again to continue: finished runs are kept, and unfinished ones continue from their "
      "checkpoints.\n"
      "Writes results.md, results.csv and results.json.");
  command->callback(
      [options, &action] { action = [options] { return experiment_command(*options); }; });
}

}  // namespace staa::app
