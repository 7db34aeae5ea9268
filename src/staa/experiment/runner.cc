#include "staa/experiment/runner.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <memory>
#include <thread>

#include "staa/experiment/run_state.h"
#include "staa/util/child_process.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/text.h"

namespace staa::experiment {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPollInterval = std::chrono::milliseconds(50);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// FOLDER.toml and FOLDER.log are beside the run's folder, which `train` creates itself.
std::filesystem::path beside(const GridRun& run, const char* ending) {
  auto path = run.folder;
  path += ending;
  return path;
}

/// The last non-empty line of a log, for a message.
std::string last_line(const std::filesystem::path& log) {
  std::ifstream in(log);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// An active run.
struct Job {
  const GridRun* run;
  std::size_t slot;
  Clock::time_point start;
  std::unique_ptr<ChildProcess> child;
};

class Runner {
 public:
  Runner(const std::vector<GridRun>& runs, const RunnerOptions& options, const RunnerEvents& events)
      : options_(options), events_(events), total_(runs.size()) {
    for (const auto& run : runs) enlist(run);
    for (std::size_t i = static_cast<std::size_t>(options.jobs); i > 0; --i)
      slots_.push_back(i - 1);
    if (done_ > 0) events_.say(fmt::format("{} of {} runs are done already", done_, total_));
  }

  RunnerResult execute() {
    while (!waiting_.empty() || !working_.empty()) {
      hand_signal_on();
      if (result_.signal != 0) waiting_.clear();
      while (!waiting_.empty() && !slots_.empty()) start_next();
      collect();
      events_.status(fmt::format("{} of {} runs done, {} at work{}", done_, total_, working_.size(),
                                 time_left()));
      std::this_thread::sleep_for(kPollInterval);
    }
    return std::move(result_);
  }

 private:
  /// Adds a run to those to be trained. A run of another recipe stops everything before it starts;
  /// a broken one is reported as that run's failure.
  void enlist(const GridRun& run) {
    try {
      if (look_at(run).stage == RunState::Stage::kFinished) {
        ++done_;
      } else {
        waiting_.push_back(&run);
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kUsage) throw;
      report_failure(run, error.what());
    }
  }

  void hand_signal_on() {
    const int signal = events_.stop_signal();
    if (signal == 0 || result_.signal != 0) return;
    result_.signal = signal;
    for (const auto& job : working_) job.child->send(signal);
  }

  void start_next() {
    const GridRun& run = *waiting_.front();
    waiting_.pop_front();
    const auto slot = slots_.back();
    slots_.pop_back();
    try {
      working_.push_back(
          {&run, slot, Clock::now(), std::make_unique<ChildProcess>(prepare(run, slot))});
    } catch (const Error& error) {
      slots_.push_back(slot);
      report_failure(run, error.what());
    }
  }

  /// Prepares the files and the command that train the run.
  ChildCommand prepare(const GridRun& run, std::size_t slot) const {
    const auto state = look_at(run);
    make_folder(run.folder.parent_path());
    auto recipe = run.recipe;
    if (recipe.threads == 0) recipe.threads = options_.threads;
    const auto recipe_file = beside(run, ".toml");
    write_file_atomically(recipe_file, recipe::to_toml(recipe));

    ChildCommand command;
    command.program = options_.program;
    command.words = {options_.program.string(), "train",  recipe_file.string(), "--out",
                     run.folder.string(),       "--quiet"};
    if (state.stage == RunState::Stage::kBegun) {
      command.words.emplace_back("--resume");
    } else {
      clear_start(run);
    }
    command.log = beside(run, ".log");
    // Libraries that read the environment get the same number of threads.
    command.environment = {{"OMP_NUM_THREADS", std::to_string(recipe.threads)}};
    if (!options_.devices.empty()) {
      const auto& device = options_.devices[slot % options_.devices.size()];
      command.environment.emplace_back("CUDA_VISIBLE_DEVICES", device);
    }
    return command;
  }

  void collect() {
    for (std::size_t i = 0; i < working_.size();) {
      const auto ending = working_[i].child->poll();
      if (!ending) {
        ++i;
        continue;
      }
      const auto job = std::move(working_[i]);
      working_.erase(working_.begin() + static_cast<std::ptrdiff_t>(i));
      slots_.push_back(job.slot);
      finish(job, *ending);
    }
  }

  void finish(const Job& job, const Ending& ending) {
    const GridRun& run = *job.run;
    const bool stopped = result_.signal != 0 && !ending.success();
    if (stopped) return events_.say(run.name() + ": stopped; the same command goes on with it");
    if (!ending.success()) {
      const auto log = beside(run, ".log");
      return report_failure(
          run, fmt::format("{}: {} ({})", ending.describe(), last_line(log), log.string()));
    }
    try {
      const auto state = look_at(run);
      if (!state.outcome) return report_failure(run, "ended before its last epoch");
      ++done_;
      const auto seconds = seconds_since(job.start);
      seconds_ += seconds;
      ++timed_;
      events_.say(fmt::format("[{:>{}}/{}] {}: last {:.2f} %, best {:.2f} % in epoch {}; {}{}",
                              done_, std::to_string(total_).size(), total_, run.name(),
                              state.outcome->last_top1, state.outcome->best_top1,
                              state.outcome->best_epoch, human_duration(seconds), time_left()));
      events_.finished();
    } catch (const Error& error) {
      report_failure(run, error.what());
    }
  }

  void report_failure(const GridRun& run, const std::string& reason) {
    result_.failures.push_back(run.name() + ": " + reason);
    events_.say("failed: " + result_.failures.back());
  }

  /// ", 12 min left", estimated from the runs of this start; "" before the first one has ended.
  std::string time_left() const {
    const auto left = waiting_.size() + working_.size();
    if (timed_ == 0 || left == 0) return "";
    const double mean = seconds_ / static_cast<double>(timed_);
    double seconds = mean * static_cast<double>(left);
    for (const auto& job : working_) seconds -= std::min(mean, seconds_since(job.start));
    return fmt::format(", {} left", human_duration(seconds / static_cast<double>(options_.jobs)));
  }

  const RunnerOptions& options_;
  const RunnerEvents& events_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::deque<const GridRun*> waiting_;
  std::vector<Job> working_;
  std::vector<std::size_t> slots_;  // free slots, the lowest last
  double seconds_ = 0;              // time of the runs that were trained here, in whole or in part
  std::size_t timed_ = 0;           // number of those runs
  RunnerResult result_;
};

}  // namespace

RunnerResult execute(const std::vector<GridRun>& runs, const RunnerOptions& options,
                     const RunnerEvents& events) {
  return Runner(runs, options, events).execute();
}

FolderLock::FolderLock(const std::filesystem::path& folder, double seconds) {
  const auto path = folder / ".lock";
  // Without O_CLOEXEC, the runs inherit the lock and keep it as long as they exist.
  descriptor_ = ::open(path.c_str(), O_CREAT | O_RDWR, 0666);
  if (descriptor_ < 0) fail_errno(path.string(), "cannot write");
  const auto start = Clock::now();
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (seconds_since(start) > seconds) {
      ::close(descriptor_);
      fail(ErrorKind::kUsage, "{}: another staa experiment is at work here", folder.string());
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace staa::experiment
