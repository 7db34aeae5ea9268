#include "staa/run/train.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/train.h"
#include "staa/distributed/communicator.h"
#include "staa/distributed/spawn.h"
#include "staa/run/run_folder.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

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

}  // namespace

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

}  // namespace staa::app
