#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "staa/train/run_folder.h"
#include "staa/train/trainer.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

struct Options {
  std::string recipe;
  std::string out;
  std::vector<std::string> overrides;
  bool resume = false;
  bool json = false;
  bool quiet = false;
};

recipe::Recipe choose_recipe(const Options& options) {
  const auto stored = train::RunFolder(options.out).recipe();
  if (!options.resume) {
    if (options.recipe.empty()) {
      fail(ErrorKind::kUsage, "expected a recipe: staa train RECIPE --out {}", options.out);
    }
    return recipe::load_recipe(options.recipe, options.overrides);
  }
  if (!std::filesystem::exists(stored)) {
    fail(ErrorKind::kUsage, "{}: nothing to resume: there is no {}", options.out,
         stored.filename().string());
  }
  // Overrides apply to the recipe given, or else to the run's own.
  const auto wanted = recipe::load_recipe(options.recipe.empty() ? stored.string() : options.recipe,
                                          options.overrides);
  recipe::check_resumable(recipe::load_recipe(stored), wanted, options.out);
  return wanted;
}

int train_command(const Options& options) {
  train::TrainRequest request;
  request.recipe = choose_recipe(options);
  request.out = options.out;
  request.resume = options.resume;
  request.quiet = options.quiet || options.json;
  const auto result = train::train(request);
  if (options.json) {
    const nlohmann::ordered_json object{{"epochs", result.progress.epoch},
                                        {"steps", result.progress.step},
                                        {"last_top1", result.last.top1},
                                        {"last_top5", result.last.top5},
                                        {"last_loss", result.last.loss},
                                        {"best_top1", result.progress.best_top1},
                                        {"best_epoch", result.progress.best_epoch},
                                        {"train_seconds", result.progress.seconds},
                                        {"stopped_by_signal", result.signal},
                                        {"run", options.out}};
    std::cout << object.dump() << '\n';
  }
  // As a shell reports a process that a signal ended: 130 for SIGINT, 143 for SIGTERM.
  return result.signal == 0 ? 0 : 128 + result.signal;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("train", "Train a network as a recipe says");
  command->add_option("recipe", options->recipe, "Recipe (TOML); not needed with --resume")
      ->type_name("RECIPE");
  command->add_option("-o,--out", options->out, "Folder of the run")->required()->type_name("DIR");
  command
      ->add_option("-s,--set", options->overrides,
                   "Set a key of the recipe: --set train.epochs=5 neuron.kind=lif")
      ->type_name("KEY=VALUE");
  command->add_flag("--resume", options->resume, "Go on from the run's last checkpoint");
  command->add_flag("--json", options->json,
                    "Print the result as one JSON object, and nothing else");
  command->add_flag("-q,--quiet", options->quiet, "No progress on standard output");
  command->footer(
      "Stops cleanly on SIGINT (Ctrl-C) and SIGTERM with a checkpoint to go on from.\n"
      "The keys of a recipe: staa info --keys");
  command->callback([options, &action] { action = [options] { return train_command(*options); }; });
}

}  // namespace staa::app
