// Runs exported models without LibTorch.

#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "classifier.h"
#include "inputs.h"
#include "live.h"
#include "printing.h"
#include "staa/events/summary.h"
#include "staa/runtime/runtime.h"
#include "staa/util/error.h"
#include "staa/util/output.h"

namespace staa::app {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> inputs;
  InputOptions input;
  std::string sensor;
  std::string slice = "count";
  std::string frame_time;
  bool each_step = false;
  std::int64_t steps = 0;
  float confidence = 0;
  std::size_t threads = 1;
  bool bench = false;
  bool json = false;
  LiveOptions live;
  std::string frame = "10ms";
  std::int64_t frame_events = 0;
  std::string live_format = "auto";
  std::string overflow;
};

/// Parses "WIDTHxHEIGHT".
events::Sensor parse_sensor(const std::string& text) {
  events::Sensor sensor;
  int end = 0;
  const int read =
      std::sscanf(text.c_str(), "%5" SCNd64 "x%5" SCNd64 "%n", &sensor.width, &sensor.height, &end);
  if (read == 2 && static_cast<std::size_t>(end) == text.size() && sensor.width > 0 &&
      sensor.height > 0) {
    return sensor;
  }
  fail(ErrorKind::kUsage, "--sensor: expected WIDTHxHEIGHT such as 34x34, found '{}'", text);
}

/// The settings of --live and related options.
LiveOptions live_options(const Options& options) {
  auto live = options.live;
  live.source.sensor = options.input.sensor;
  live.json = options.json;
  live.quiet = options.bench;
  if (options.live_format == "evt3") live.source.format = events::LiveFormat::kEvt3;
  if (options.live_format == "aedat3.1") live.source.format = events::LiveFormat::kAedat31;
  if (options.live_format == "atis") live.source.format = events::LiveFormat::kAtis;
  live.rule = {events::parse_time(options.frame, "--frame"), 0};
  if (live.rule.duration_us == 0) fail(ErrorKind::kUsage, "--frame: expected a time above 0");
  if (options.frame_events > 0) live.rule = {0, static_cast<std::uint64_t>(options.frame_events)};
  // A pipe, or a file that is read as fast as possible, can wait; a camera or its replay cannot.
  const bool waits = live.source.name == "-" ||
                     (live.source.speed == 0 && live.source.name.rfind("tcp://", 0) != 0);
  live.overflow = waits ? Overflow::kWait : Overflow::kDrop;
  if (options.overflow == "wait") live.overflow = Overflow::kWait;
  if (options.overflow == "drop") live.overflow = Overflow::kDrop;
  return live;
}

int run(Options options) {
  if (!options.sensor.empty()) options.input.sensor = parse_sensor(options.sensor);
  if (options.slice == "time") options.input.slice = events::SliceBy::kTime;
  const bool live = !options.live.source.name.empty();
  if (!options.frame_time.empty()) {
    options.input.frame_us = events::parse_time(options.frame_time, "--frame-time");
    if (options.input.frame_us == 0) {
      fail(ErrorKind::kUsage, "--frame-time: expected a time above 0");
    }
  }
  if (live != options.inputs.empty()) {
    fail(ErrorKind::kUsage, live ? "--live takes the place of inputs: expected one of them"
                                 : "expected inputs, or --live with a source; see --help");
  }
  if (live && options.threads != 1) {
    fail(ErrorKind::kUsage, "--threads: a live stream is one session, expected 1, found {}",
         options.threads);
  }
  if (options.each_step && options.threads != 1) {
    fail(ErrorKind::kUsage,
         "--each-step: its lines come from one thread, expected --threads 1, "
         "found {}",
         options.threads);
  }
  const auto model = runtime::Model::load(options.model);
  if (live) return run_live(live_options(options), model);
  ClassifierOptions how;
  how.threads = options.threads;
  how.steps = options.steps > 0 ? static_cast<std::size_t>(options.steps) : model.steps();
  how.confidence = options.confidence;
  how.each_step = options.each_step;
  how.only_totals = options.bench;
  how.json = options.json;
  options.input.steps = how.steps;
  Classifier classifier(how, model);
  for (const auto& input : options.inputs) {
    try {
      for_samples(input, options.input, model,
                  [&](const ModelInput& sample) { classifier.take(sample); });
    } catch (...) {
      classifier.tell();  // first report the samples before the one that cannot be read
      throw;
    }
    classifier.tell();
  }
  const auto totals = classifier.totals();
  const bool summed_up = options.confidence > 0 || totals.labelled > 0;
  if (options.bench || (summed_up && !options.json)) print_totals(totals, options.json);
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Classifies images and recordings with a network that staa export or staa import wrote, "
      "without LibTorch"};
  app.set_version_flag("--version", STAA_VERSION);
  app.add_option("model", options.model, "A file of staa export or staa import")
      ->required()
      ->type_name("FILE");
  app.add_option(
         "inputs", options.inputs,
         "PNG, JPEG, a folder of them, images in idx form, CIFAR records (.bin), recordings "
         "of events, NumPy arrays with an input for each step, or - for raw bytes")
      ->type_name("INPUT");
  app.add_flag("--fit", options.input.fit,
               "Bring PNG and JPEG images of another shape to the model's: their middle, scaled, "
               "grey or in colour");
  app.add_option("--confidence", options.confidence,
                 "Stop as soon as the probability reaches this (0: run all steps)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--steps", options.steps, "Time steps of an input in place of the model's own (0)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 20));
  app.add_option("--frame-time", options.frame_time,
                 "Of recordings: each step takes the events of so much time, such as 1ms, from the "
                 "first event on; without it the events are divided between the steps")
      ->type_name("TIME");
  app.add_flag("--each-step", options.each_step,
               "Also print what the network gives in each step, an object in JSON a line");
  app.add_option("--threads", options.threads,
                 "Divide images among so many threads, each with a session of its own (0: one per "
                 "core): more images per second, each as late as with one or later")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--labels", options.input.labels,
                 "Labels of an idx file's images, in idx form: tell how many are right")
      ->type_name("FILE");
  app.add_option("--sensor", options.sensor,
                 "Pixels of the camera where a recording or stream does not tell; "
                 "otherwise the model's input")
      ->type_name("WxH");
  app.add_option("--slice", options.slice, "What a recording is cut by, as data.slice in training")
      ->check(CLI::IsMember({"count", "time"}));
  app.add_flag("--cifar10-dvs", options.input.cifar10_dvs,
               "AEDAT 2.0 files have the addresses of CIFAR10-DVS");
  app.add_flag("--bench", options.bench, "Print nothing but totals and speed");
  app.add_flag("--json", options.json, "Print one JSON object a line");
  auto& live = options.live;
  app.add_option("--live", live.source.name,
                 "Run on a stream of events: - (standard input), tcp://HOST:PORT, or a recording, "
                 "played at its own speed")
      ->type_name("SOURCE")
      ->group("Live");
  app.add_option("--frame", options.frame, "Time of a frame, one step each: 1ms, 500us")
      ->type_name("TIME")
      ->capture_default_str()
      ->group("Live");
  app.add_option("--frame-events", options.frame_events, "Events of a frame, in place of a time")
      ->type_name("N")
      ->check(CLI::PositiveNumber)
      ->group("Live");
  app.add_option("--reset-after", live.reset_after,
                 "Steps after which the network begins anew (0: the model's own number)")
      ->type_name("N")
      ->group("Live");
  app.add_option("--live-format", options.live_format,
                 "What is sent: evt3, aedat3.1, atis (5 bytes an event), or auto")
      ->check(CLI::IsMember({"auto", "evt3", "aedat3.1", "atis"}))
      ->group("Live");
  app.add_option("--speed", live.source.speed,
                 "Play a recording so many times as fast (0: as fast as it can be read)")
      ->check(CLI::NonNegativeNumber)
      ->group("Live");
  app.add_option("--overflow", options.overflow,
                 "When frames come too fast: wait (pipes) or drop (cameras)")
      ->check(CLI::IsMember({"wait", "drop"}))
      ->group("Live");
  app.add_option("--serve", live.serve_port, "Show it in a browser, on this port (0: a free one)")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535))
      ->group("Live");
  app.add_option("--serve-host", live.serve_host, "Address to listen on; others can see the page")
      ->type_name("HOST")
      ->capture_default_str()
      ->group("Live");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return run(options);
  } catch (const Error& error) {
    std::fprintf(stderr, "staa-run: error: %s\n", error.what());
    return error.exit_code();
  } catch (const std::filesystem::filesystem_error& error) {
    std::fprintf(stderr, "staa-run: error: %s: %s\n", error.path1().c_str(),
                 error.code().message().c_str());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "staa-run: error: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace staa::app

int main(int argc, char** argv) {
  return staa::finish_output("staa-run", staa::app::main(argc, argv));
}
