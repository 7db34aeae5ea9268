#include "staa/run/train.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "staa/distributed/communicator.h"
#include "staa/distributed/spawn.h"
#include "staa/run/run_folder.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

struct TrainOptions {
  std::string recipe;
  std::string out;
  std::vector<std::string> overrides;
  bool resume = false;
  bool json = false;
  bool quiet = false;
  std::int64_t processes = 0;  // 0: as the environment states
  std::int64_t timeout = 30;
  std::int64_t join_timeout = 300;
};

recipe::Recipe choose_recipe(const TrainOptions& options) {
  const auto stored = run::RunFolder(options.out).recipe();
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
  // Overrides apply to the given recipe, or else to the run's own.
  const auto wanted = recipe::load_recipe(options.recipe.empty() ? stored.string() : options.recipe,
                                          options.overrides);
  recipe::check_resumable(recipe::load_recipe(stored), wanted, options.out);
  return wanted;
}

run::TrainRequest make_request(const TrainOptions& options) {
  run::TrainRequest request;
  request.recipe = choose_recipe(options);
  request.out = options.out;
  request.resume = options.resume;
  request.quiet = options.quiet || options.json;
  return request;
}

/// The command line of each process that `--processes` starts: this one without that option.
std::vector<std::string> process_command(const TrainOptions& options) {
  std::vector<std::string> words{"staa", "train"};
  if (!options.recipe.empty()) words.push_back(options.recipe);
  words.insert(words.end(), {"--out", options.out, "--timeout", std::to_string(options.timeout),
                             "--join-timeout", std::to_string(options.join_timeout)});
  if (options.resume) words.emplace_back("--resume");
  if (options.json) words.emplace_back("--json");
  if (options.quiet) words.emplace_back("--quiet");
  for (const auto& item : options.overrides) words.insert(words.end(), {"--set", item});
  return words;
}

int run_processes(const TrainOptions& options) {
  run::check_folder(make_request(options));  // errors are printed once here
  distributed::SpawnOptions spawn;
  spawn.processes = options.processes;
  spawn.command = process_command(options);
  return distributed::run_processes(spawn);
}

/// Trains in this process, which may be one of many that a launcher started.
int train_command(const TrainOptions& options) {
  const auto launch = distributed::read_launch();
  if (options.processes > 1) {
    if (!launch.alone()) {
      fail(ErrorKind::kUsage, "--processes: {} has started {} processes already", launch.by,
           launch.size);
    }
    return run_processes(options);
  }
  auto request = make_request(options);
  request.all = distributed::connect(
      launch, {std::chrono::seconds(options.timeout), std::chrono::seconds(options.join_timeout)});
  run::TrainResult result;
  try {
    result = run::train(request);
  } catch (const std::exception& error) {
    if (request.all->alone()) throw;
    // Threads of c10d may still wait for the lost process, so do not wait for them.
    std::fprintf(stderr, "staa: error: rank %lld: %s\n", static_cast<long long>(launch.rank),
                 error.what());
    std::fflush(nullptr);
    const auto* ours = dynamic_cast<const Error*>(&error);
    std::_Exit(ours != nullptr ? ours->exit_code() : 1);
  }
  if (options.json && request.all->leads()) {
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
  // These are the exit codes of a shell: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM.
  return result.signal == 0 ? 0 : 128 + result.signal;
}

}  // namespace

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
  command->add_flag("--resume", options->resume, "Go on from the run's last checkpoint");
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
      "Stops cleanly on SIGINT (Ctrl-C), SIGTERM and SIGHUP with a checkpoint to go on from.\n"
      "The keys of a recipe: staa info --keys");
  command->callback([options, &action] { action = [options] { return train_command(*options); }; });
}

}  // namespace staa::app
