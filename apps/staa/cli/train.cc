#include "cli/train.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_train(CLI::App& app, Action& action) {
  auto options = std::make_shared<TrainOptions>();
  auto* command = app.add_subcommand("train", "Train a network as a recipe says");
  command->add_option("recipe", options->recipe, "Recipe (TOML); not needed with --resume")
      ->type_name("RECIPE");
  command->add_option("-o,--out", options->out, "Folder of the run")->required()->type_name("DIR");
  command
      ->add_option("-s,--set", options->overrides,
                   "Set a key of the recipe: --set train.epochs=5 neuron.kind=lif")
      ->type_name("KEY=VALUE");
  command->add_flag("--resume", options->resume, "Continue from the run's last checkpoint");
  command->add_flag("--json", options->json,
                    "Print the result as one JSON object, and nothing else");
  command->add_flag("-q,--quiet", options->quiet, "No progress on standard output");
  command
      ->add_option("-n,--processes", options->processes,
                   "Train in so many processes on this machine (docs/distributed.md)")
      ->check(CLI::Range(1, 4096));
  command
      ->add_option("--timeout", options->timeout,
                   "End when a process gave no sign of life for so long")
      ->check(CLI::Range(2, 86400))
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      ->add_option("--join-timeout", options->join_timeout,
                   "Wait so long for all processes to start")
      ->check(CLI::Range(1, 86400))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->footer(
      "Stops cleanly on SIGINT (Ctrl-C), SIGTERM and SIGHUP with a checkpoint to continue from.\n"
      "The keys of a recipe: staa info --keys");
  command->callback([options, &action] { action = [options] { return train_command(*options); }; });
}

}  // namespace staa::app
