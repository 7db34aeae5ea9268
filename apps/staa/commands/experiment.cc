#include "cli/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "staa/experiment/grid.h"
#include "staa/experiment/reuse.h"
#include "staa/experiment/run_state.h"
#include "staa/experiment/runner.h"
#include "staa/experiment/summary.h"
#include "staa/experiment/tables.h"
#include "staa/run/signals.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::app {
namespace {

using experiment::Definition;
using experiment::GridRun;
using Clock = std::chrono::steady_clock;

constexpr double kLockSeconds = 60;     // time for the runs of a killed grid to stop
constexpr double kStatusSeconds = 1.0;  // between two status lines on a terminal

std::string paper_figure(const experiment::Cell& cell) {
  return cell.paper ? fmt::format("{:.2f} %", *cell.paper) : "";
}

nlohmann::ordered_json to_json(const Definition& definition) {
  auto cells = nlohmann::ordered_json::array();
  for (const auto& cell : definition.cells) {
    cells.push_back({{"name", cell.name},
                     {"label", cell.label},
                     {"base", cell.base},
                     {"overrides", cell.overrides},
                     {"paper", cell.paper ? nlohmann::ordered_json(*cell.paper) : nullptr},
                     {"paper_scale_only", cell.paper_scale_only}});
  }
  return {{"name", definition.name},
          {"title", definition.title},
          {"source", definition.source},
          {"claim", definition.claim},
          {"cells", cells}};
}

int list_command(const ExperimentOptions& options) {
  const bool all = options.name.empty();
  if (!all) (void)experiment::find_definition(options.name);
  if (options.json) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& definition : experiment::definitions()) {
      if (all || definition.name == options.name) rows.push_back(to_json(definition));
    }
    std::cout << rows.dump(2) << '\n';
  } else if (all) {
    for (const auto& d : experiment::definitions()) {
      std::cout << fmt::format("{:<14} {:<12} {:>2} cells  {}\n", d.name, d.source, d.cells.size(),
                               d.title);
    }
  } else {
    const auto& d = experiment::find_definition(options.name);
    std::cout << fmt::format("{}: {} ({})\nThe paper: {}\n", d.name, d.title, d.source, d.claim);
    for (const auto& cell : d.cells) {
      std::cout << fmt::format("  {:<22} {:<34} {:>8}  configs/{}.toml {}\n", cell.name, cell.label,
                               paper_figure(cell), cell.base, fmt::join(cell.overrides, " "));
    }
  }
  return 0;
}

/// The runs of the cells that --only names, or all.
std::vector<GridRun> chosen(const std::vector<GridRun>& runs,
                            const std::vector<std::string>& only) {
  if (only.empty()) return runs;
  const std::set<std::string> names(only.begin(), only.end());
  std::vector<GridRun> out;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(out),
               [&](const GridRun& run) { return names.count(run.cell->name) > 0; });
  return out;
}

/// One job per CUDA device, or else one per core, but no more than there are runs.
std::int64_t default_jobs(const std::vector<std::string>& devices, std::size_t runs) {
  const auto places = devices.empty() ? std::max(1U, std::thread::hardware_concurrency())
                                      : static_cast<unsigned>(devices.size());
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(runs), 1, places);
}

/// The CUDA devices that the runs may use, named as in CUDA_VISIBLE_DEVICES.
std::vector<std::string> cuda_devices(const std::vector<GridRun>& runs) {
  const bool none = std::all_of(runs.begin(), runs.end(), [](const GridRun& run) {
    return run.recipe.device == recipe::Device::kCpu;
  });
  std::vector<std::string> devices;
  if (none || !torch::cuda::is_available()) return devices;
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
    std::istringstream names(visible);
    for (std::string name; std::getline(names, name, ',');) devices.push_back(name);
    return devices;
  }
  const auto count = static_cast<std::size_t>(torch::cuda::device_count());
  for (std::size_t i = 0; i < count; ++i) devices.push_back(std::to_string(i));
  return devices;
}

experiment::RunnerOptions runner_options(const ExperimentOptions& options,
                                         const std::vector<GridRun>& runs) {
  experiment::RunnerOptions runner;
  runner.program = "/proc/self/exe";  // this file, even if the program is rebuilt meanwhile
  runner.devices = cuda_devices(runs);
  runner.jobs = options.jobs > 0 ? options.jobs : default_jobs(runner.devices, runs.size());
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  runner.threads = std::max<std::int64_t>(1, cores / runner.jobs);
  return runner;
}

/// Reports the progress of the grid on standard error, since --json uses standard output.
class Progress {
 public:
  void say(const std::string& line) {
    clear();
    std::cerr << line << '\n';
  }
  void status(const std::string& line) {
    const auto now = Clock::now();
    if (!terminal_ || std::chrono::duration<double>(now - shown_at_).count() < kStatusSeconds) {
      return;
    }
    clear();
    std::cerr << line << std::flush;
    shown_ = true;
    shown_at_ = now;
  }
  void clear() {
    if (shown_) std::cerr << "\r\x1b[K" << std::flush;
    shown_ = false;
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool shown_ = false;
  Clock::time_point shown_at_;
};

int dry_run_command(const ExperimentOptions& options, const std::vector<GridRun>& runs) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& run : runs) {
    const auto state = experiment::look_at(run);
    using Stage = experiment::RunState::Stage;
    const auto* stage = state.stage == Stage::kFinished ? "finished"
                        : state.stage == Stage::kBegun  ? "begun"
                                                        : "new";
    if (options.json) {
      rows.push_back({{"cell", run.cell->name},
                      {"seed", run.seed},
                      {"folder", run.folder.string()},
                      {"state", stage},
                      {"epochs_done", state.epochs},
                      {"epochs", run.recipe.train.epochs}});
    } else {
      std::cout << fmt::format("{:<34} {:<9} {:>4} of {} epochs  {}\n", run.name(), stage,
                               state.epochs, run.recipe.train.epochs, run.folder.string());
    }
  }
  if (options.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

int run_grid(const ExperimentOptions& options, const Definition& definition,
             const std::vector<GridRun>& all, const std::vector<GridRun>& runs) {
  const std::filesystem::path out = options.out;
  make_folder(out);
  const experiment::FolderLock lock(out, kLockSeconds);
  const auto runner = runner_options(options, runs);
  Progress progress;
  progress.say(fmt::format("{}: {} runs at {} scale, {} at once, in {}", definition.name,
                           runs.size(), options.scale, runner.jobs, options.out));
  if (const auto copied =
          experiment::reuse_runs(runs, {options.reuse.begin(), options.reuse.end()});
      copied > 0) {
    progress.say(fmt::format("{} finished runs are copied from other experiments", copied));
  }
  const auto write = [&] {
    auto summary = experiment::summarise(definition, options.grid, all);
    experiment::write_tables(summary, out);
    return summary;
  };
  const run::StopSignals signals;
  experiment::RunnerEvents events;
  events.say = [&](const std::string& line) { progress.say(line); };
  events.status = [&](const std::string& line) { progress.status(line); };
  events.finished = write;
  events.stop_signal = run::StopSignals::received;
  const auto result = experiment::execute(runs, runner, events);
  progress.clear();
  const auto summary = write();
  std::cout << (options.json ? to_json(summary) : to_markdown(summary));
  if (!options.json) std::cerr << fmt::format("\n{}\n", (out / "results.md").string());
  for (const auto& failure : result.failures) std::cerr << "staa: error: " << failure << '\n';
  if (result.signal != 0) return 128 + result.signal;
  return result.failures.empty() ? 0 : 1;
}

}  // namespace

int experiment_command(const ExperimentOptions& given) {
  auto options = given;
  if (options.list) return list_command(options);
  if (options.name.empty()) {
    fail(ErrorKind::kUsage, "expected an experiment; staa experiment --list names them");
  }
  const auto& definition = experiment::find_definition(options.name);
  for (const auto& cell : options.only) (void)definition.cell(cell);
  for (const auto scale :
       {experiment::Scale::kSmall, experiment::Scale::kMedium, experiment::Scale::kPaper}) {
    if (options.scale == experiment::scale_name(scale)) options.grid.scale = scale;
  }
  if (options.out.empty()) options.out = "experiments/" + options.name;
  const auto all = experiment::expand(definition, options.grid, options.out);
  const auto runs = chosen(all, options.only);
  if (runs.empty()) {
    fail(ErrorKind::kUsage, "--only: {} has no such cell at {} scale", options.name, options.scale);
  }
  return options.dry_run ? dry_run_command(options, runs)
                         : run_grid(options, definition, all, runs);
}

}  // namespace staa::app
