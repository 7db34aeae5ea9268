#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "staa/models/registry.h"
#include "staa/train/evaluate.h"
#include "staa/train/run_folder.h"
#include "staa/train/setup.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct Options {
  std::string run;
  std::string checkpoint = "best";
  std::vector<std::string> overrides;
  bool json = false;
};

int eval_command(const Options& options) {
  const train::RunFolder folder(options.run);
  const auto weights = folder.weights(options.checkpoint);
  const auto description = train::load_description(weights);
  const auto recipe =
      recipe::parse_recipe(description.recipe, weights.string() + " (recipe)", options.overrides);
  train::set_threads(recipe.threads);
  const auto device = train::choose_device(recipe);
  const auto network = models::make_network(train::network_options(recipe, description.input));
  const auto progress = train::load_weights(weights, *network);
  network->to(device);
  const auto test = train::open_data(recipe, &description.input).test;
  const auto loader = train::evaluation_loader(test, recipe);
  const auto result = train::evaluate(*network, *loader, device);

  for (const auto& reason : result.skipped) std::cerr << "staa: skipped: " << reason << '\n';
  if (options.json) {
    const nlohmann::ordered_json object{{"top1", result.top1},
                                        {"top5", result.top5},
                                        {"loss", result.loss},
                                        {"samples", result.samples},
                                        {"skipped", result.skipped.size()},
                                        {"checkpoint", options.checkpoint},
                                        {"epoch", progress.epoch}};
    std::cout << object.dump() << '\n';
  } else {
    std::cout << fmt::format(
        "{} ({} checkpoint, epoch {}): top-1 {:.2f} %, top-5 {:.2f} %, loss "
        "{:.4f} on {} samples of {}\n",
        options.run, options.checkpoint, progress.epoch, result.top1, result.top5, result.loss,
        with_thousands(result.samples), test->name());
  }
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("eval", "Measure a trained network on its test set");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  command->add_option("-c,--checkpoint", options->checkpoint, "Which weights")
      ->check(CLI::IsMember({"best", "last"}))
      ->capture_default_str();
  command->add_option("-s,--set", options->overrides, "Set a key of the recipe, such as data.path")
      ->type_name("KEY=VALUE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options, &action] { action = [options] { return eval_command(*options); }; });
}

}  // namespace staa::app
