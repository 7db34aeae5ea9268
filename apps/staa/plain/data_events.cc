#include "plain/data_events.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "staa/data/sets/event_sets.h"
#include "staa/data/sets/open.h"
#include "staa/data/sets/simulated.h"
#include "staa/data/sets/subset.h"
#include "staa/inputs/open.h"
#include "staa/recipe/recipe.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

/// The settings of an event set's frames: a recipe and overrides of its keys.
struct FrameChoice {
  std::string set;
  std::string path;
  std::string recipe;
  std::vector<std::string> overrides;
  bool partial = false;

  recipe::Recipe resolve() const {
    auto all = overrides;
    all.push_back("data.set=" + set);
    auto resolved = recipe.empty() ? recipe::parse_recipe("", "defaults", all)
                                   : recipe::load_recipe(recipe, all);
    resolved.data.path = path;
    resolved.data.allow_partial = resolved.data.allow_partial || partial;
    return resolved;
  }

  void add_to(CLI::App& command) {
    command.add_option("dataset", set, "One of " + join_choices(data::known_event_sets()))
        ->required()
        ->type_name("SET")
        ->check(CLI::IsMember(data::known_event_sets()));
    command.add_option("source", path, "Its folder")->required()->type_name("DIR");
    command.add_option("--recipe", recipe, "Make the frames of this recipe")->type_name("FILE");
    command.add_option("--set", overrides, "Set keys of it: model.steps=16 data.frame_size=48")
        ->type_name("KEY=VALUE");
    command.add_flag("--partial", partial,
                     "Accept a number of samples that differs from the published one");
  }
};

struct PrepareOptions {
  FrameChoice choice;
  std::int64_t threads = 0;
  bool json = false;
};

struct SimulateOptions {
  std::string set;
  std::string target;
  std::string source;
  std::int64_t sensor = 34;
  std::string path = "triangle";
  std::string format = "bin";
  std::int64_t limit_train = 0;
  std::int64_t limit_test = 0;
  std::int64_t threads = 0;
  data::SimulatedSetOptions set_options;
};

std::int64_t threads_of(std::int64_t asked) {
  return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

/// A line on standard error that shows the progress of a work of `total` parts and the time left.
/// Prints nothing if standard error is not a terminal.
class ProgressLine {
 public:
  ProgressLine(std::string what, std::int64_t total) : what_(std::move(what)), total_(total) {}
  ~ProgressLine() {
    if (shown_) std::cerr << '\n';
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void operator()(std::int64_t done) {
    const auto now = Clock::now();
    if (!terminal_ || (done < total_ && now - last_ < std::chrono::milliseconds(200))) return;
    last_ = now;
    shown_ = true;
    constexpr std::int64_t kWidth = 30;
    const auto filled = static_cast<std::size_t>(kWidth * done / std::max<std::int64_t>(1, total_));
    const double elapsed = std::chrono::duration<double>(now - begin_).count();
    const double left = elapsed * static_cast<double>(total_ - done) /
                        static_cast<double>(std::max<std::int64_t>(1, done));
    std::cerr << fmt::format("\r{} [{}{}] {}/{}, {} left   ", what_, std::string(filled, '='),
                             std::string(kWidth - filled, ' '), with_thousands(done),
                             with_thousands(total_), human_duration(left))
              << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  std::int64_t total_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_;
};

nlohmann::ordered_json to_json(const data::EventSummary& summary) {
  return {
      {"recordings", summary.recordings},           {"events", summary.events},
      {"skipped_special", summary.skipped.special}, {"skipped_invalid", summary.skipped.invalid},
      {"skipped_outside", summary.skipped.outside}, {"empty", summary.empty}};
}

void print(const char* half, const data::EventSummary& summary) {
  std::cout << fmt::format("{}: {} recordings, {} events\n", half,
                           with_thousands(summary.recordings),
                           with_thousands(static_cast<std::int64_t>(summary.events)));
  if (summary.skipped.total() > 0) {
    std::cout << fmt::format(
        "  not counted: {} special, {} marked invalid, {} outside of the sensor\n",
        summary.skipped.special, summary.skipped.invalid, summary.skipped.outside);
  }
  if (summary.empty > 0) {
    std::cout << fmt::format("  {} without any event, the first is {}\n", summary.empty,
                             summary.first_empty);
  }
}

int prepare_command(const PrepareOptions& options) {
  auto recipe = options.choice.resolve();
  recipe.augment = {};  // the cache holds frames from before augmentation
  const auto sources = inputs::open_events(recipe);
  const auto fill = [&](const char* half, const data::EventFrames& frames) {
    ProgressLine line(half, frames.size());
    return data::prepare(frames, threads_of(options.threads),
                         [&](std::int64_t done) { line(done); });
  };
  const auto train = fill("train", *sources.train);
  const auto test = fill("test", *sources.test);
  const auto in_train = data::count_classes(*sources.train);
  const auto in_test = data::count_classes(*sources.test);
  const auto& classes = sources.train->classes();
  if (options.json) {
    auto rows = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < classes.size(); ++i) {
      rows.push_back({{"name", classes[i]}, {"train", in_train[i]}, {"test", in_test[i]}});
    }
    const nlohmann::ordered_json object{{"name", sources.train->name()},
                                        {"shape", data::describe(sources.train->shape())},
                                        {"cache", sources.train->cache_folder().string()},
                                        {"train", to_json(train)},
                                        {"test", to_json(test)},
                                        {"classes", rows}};
    std::cout << object.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format("{}: {}\n", sources.train->name(),
                           data::describe(sources.train->shape()));
  print("train", train);
  print("test", test);
  std::cout << fmt::format("{:>5}  {:<28} {:>8} {:>8}\n", "label", "class", "train", "test");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    std::cout << fmt::format("{:>5}  {:<28} {:>8} {:>8}\n", i, classes[i], in_train[i], in_test[i]);
  }
  const auto cache = sources.train->cache_folder();
  if (!cache.empty()) std::cout << fmt::format("frames are kept in {}\n", cache.string());
  return 0;
}

int simulate_command(const SimulateOptions& options) {
  data::DataOptions source;
  source.set = options.set;
  source.path = options.source;
  source.limit_train = options.limit_train;
  source.limit_test = options.limit_test;
  const auto images = data::open_dataset(source);
  auto set_options = options.set_options;
  set_options.camera.sensor = {options.sensor, options.sensor};
  set_options.camera.path =
      options.path == "square" ? events::Path::kSquare : events::Path::kTriangle;
  set_options.aedat2 = options.format == "aedat2";
  set_options.threads = threads_of(options.threads);
  std::uint64_t count = 0;
  {
    ProgressLine line("simulating", images.train->size() + images.test->size());
    count = data::simulate_set(images, options.set, options.target, set_options,
                               [&](std::int64_t done) { line(done); });
  }
  std::cout << fmt::format(
      "{}: simulated {}: {} training and {} test recordings, {} events\n"
      "train on it with: --set data.set=event-folder data.path={}\n",
      options.target, options.set, with_thousands(images.train->size()),
      with_thousands(images.test->size()), with_thousands(static_cast<std::int64_t>(count)),
      options.target);
  return 0;
}

}  // namespace

void add_prepare(CLI::App& app, Action& action) {
  auto options = std::make_shared<PrepareOptions>();
  auto* command = app.add_subcommand(
      "prepare", "Check a set of event recordings, count its samples and keep their frames");
  options->choice.add_to(*command);
  command->add_option("--threads", options->threads, "Threads (0: all cores)")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback(
      [options, &action] { action = [options] { return prepare_command(*options); }; });
}

void add_simulate(CLI::App& app, Action& action) {
  auto options = std::make_shared<SimulateOptions>();
  auto* command = app.add_subcommand(
      "simulate", "Record still images with a simulated event camera before which they move");
  command->add_option("dataset", options->set, "Images: one of " + join_choices(data::known_sets()))
      ->required()
      ->type_name("SET");
  command->add_option("target", options->target, "Folder to write")->required()->type_name("DIR");
  command->add_option("--source", options->source, "The images' folder")->type_name("DIR");
  command->add_option("--sensor", options->sensor, "Pixels of the sensor's edge")
      ->check(CLI::Range(8, 240));
  command->add_option("--format", options->format, "bin, or aedat2 (a sensor of 128)")
      ->check(CLI::IsMember({"bin", "aedat2"}));
  command->add_option("--motion", options->path, "triangle (as N-MNIST) or square (CIFAR10-DVS)")
      ->check(CLI::IsMember({"triangle", "square"}));
  auto& camera = options->set_options.camera;
  command->add_option("--duration", camera.duration_s, "Seconds of the whole loop");
  command->add_option("--threshold", camera.threshold, "Change of log light that makes an event");
  command->add_option("--refractory", camera.refractory_s, "Seconds a pixel is blind afterwards");
  command->add_option("--noise", camera.noise_hz, "Events a pixel and second without cause");
  command->add_option("--limit-train", options->limit_train, "So many images, balanced; 0: all");
  command->add_option("--limit-test", options->limit_test, "The same of the test half");
  command->add_option("--seed", options->set_options.seed, "Of noise and thresholds");
  command->add_option("--threads", options->threads, "Threads (0: all cores)")
      ->check(CLI::NonNegativeNumber);
  command->callback(
      [options, &action] { action = [options] { return simulate_command(*options); }; });
}

}  // namespace staa::app
