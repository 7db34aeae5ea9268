#include "staa/experiment/run_state.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "staa/run/run_folder.h"
#include "staa/train/checkpoint.h"
#include "staa/util/error.h"

namespace staa::experiment {
namespace {

void check_recipe(const GridRun& run, const recipe::Recipe& stored) {
  std::string lines;
  for (const auto& [path, before, now] : recipe::differences(stored, run.recipe)) {
    lines += fmt::format("\n  {}: the run has {}, the experiment {}", path, before, now);
  }
  if (lines.empty()) return;
  fail(ErrorKind::kUsage,
       "{}: a run of another recipe is here; use another --out, or remove the folder:{}",
       run.folder.string(), lines);
}

/// Reads the row of the last epoch in metrics.jsonl.
Outcome read_outcome(const GridRun& run, const std::filesystem::path& metrics) {
  std::ifstream in(metrics);
  std::string last;
  for (std::string line; std::getline(in, line);) last = line;
  try {
    const auto row = nlohmann::json::parse(last);
    Outcome outcome;
    outcome.seed = run.seed;
    outcome.epochs = row.at("epoch").get<std::int64_t>();
    outcome.last_top1 = row.at("test_top1").get<double>();
    outcome.best_top1 = row.at("best_top1").get<double>();
    outcome.best_epoch = row.at("best_epoch").get<std::int64_t>();
    outcome.train_seconds = row.at("train_seconds").get<double>();
    return outcome;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kInput, "{}: its last line is no epoch's figures: {}", metrics.string(),
         error.what());
  }
}

}  // namespace

RunState look_at(const GridRun& run) {
  const run::RunFolder folder(run.folder);
  RunState state;
  if (!folder.has_run()) return state;
  check_recipe(run, recipe::load_recipe(folder.recipe()));
  if (!std::filesystem::exists(folder.last())) return state;

  const auto progress = train::load_progress(folder.last());
  const auto& train = run.recipe.train;
  const bool out_of_steps = train.max_steps > 0 && progress.step >= train.max_steps;
  state.epochs = progress.epoch;
  // A run that was stopped during its last evaluation is not finished.
  const bool evaluated = progress.evaluated_step == progress.step;
  if ((progress.batch == 0 && progress.epoch >= train.epochs) || (out_of_steps && evaluated)) {
    state.stage = RunState::Stage::kFinished;
    state.outcome = read_outcome(run, folder.metrics());
  } else {
    state.stage = RunState::Stage::kBegun;
  }
  return state;
}

void clear_start(const GridRun& run) {
  const run::RunFolder folder(run.folder);
  std::error_code error;
  for (const auto& path : {folder.recipe(), folder.metrics(), folder.best()}) {
    std::filesystem::remove(path, error);
    if (error) fail(ErrorKind::kIo, "{}: cannot remove it: {}", path.string(), error.message());
  }
}

}  // namespace staa::experiment
