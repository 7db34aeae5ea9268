// Runs exported models without LibTorch.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "inputs.h"
#include "staa/runtime/runtime.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string model;
  std::vector<std::string> inputs;
  float confidence = 0;
  bool bench = false;
  bool json = false;
};

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Totals {
  std::size_t images = 0;
  std::size_t steps = 0;
  double milliseconds = 0;
  double firing_rate = 0;
};

void print(const Options& options, const runtime::Model& model, const std::string& name,
           const runtime::Prediction& found, const runtime::Activity& activity,
           double milliseconds) {
  const auto& label = model.classes()[found.label];
  if (options.json) {
    const nlohmann::ordered_json object{{"input", name},
                                        {"class", label},
                                        {"probability", found.probability},
                                        {"steps", found.steps},
                                        {"milliseconds", milliseconds},
                                        {"spikes", activity.spikes},
                                        {"energy_mj", activity.energy_mj()}};
    std::cout << object.dump() << '\n' << std::flush;
    return;
  }
  std::cout << fmt::format(
                   "{}: {} ({:.1f} %), {} steps, {:.2f} ms, {} spikes ({:.1f} % fire), {:.4f} mJ\n",
                   name, label, 100 * found.probability, found.steps, milliseconds, activity.spikes,
                   100 * activity.firing_rate(), activity.energy_mj())
            << std::flush;
}

void print_totals(const Options& options, const Totals& totals) {
  if (totals.images == 0) return;
  const auto count = static_cast<double>(totals.images);
  const double rate = 1000 * count / totals.milliseconds;
  if (options.json) {
    const nlohmann::ordered_json object{{"images", totals.images},
                                        {"images_per_s", rate},
                                        {"mean_steps", static_cast<double>(totals.steps) / count},
                                        {"firing_rate", totals.firing_rate / count}};
    std::cout << object.dump() << '\n';
    return;
  }
  std::cout << fmt::format(
      "{} images, {:.1f} images/s, {:.2f} steps and {:.1f} % fire on average\n", totals.images,
      rate, static_cast<double>(totals.steps) / count, 100 * totals.firing_rate / count);
}

int run(const Options& options) {
  const auto model = runtime::Model::load(options.model);
  runtime::Session session(model, {runtime::Path::kAuto, !options.bench});
  Totals totals;
  for (const auto& input : options.inputs) {
    for_images(input, model.input(), [&](const std::string& name, const std::uint8_t* image) {
      const auto start = Clock::now();
      const auto found = session.classify(image, options.confidence);
      const double milliseconds = milliseconds_since(start);
      ++totals.images;
      totals.steps += found.steps;
      totals.milliseconds += milliseconds;
      totals.firing_rate += session.activity().firing_rate();
      if (!options.bench) print(options, model, name, found, session.activity(), milliseconds);
    });
  }
  if (options.bench || (options.confidence > 0 && !options.json)) print_totals(options, totals);
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Classifies images with a network that staa export wrote, without LibTorch"};
  app.set_version_flag("--version", STAA_VERSION);
  app.add_option("model", options.model, "A file of staa export")->required()->type_name("FILE");
  app.add_option("inputs", options.inputs,
                 "PNG, JPEG, a folder of them, images in idx form, or - for raw bytes")
      ->required()
      ->type_name("INPUT");
  app.add_option("--confidence", options.confidence,
                 "Stop as soon as the probability reaches this (0: run all steps)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--bench", options.bench, "Print nothing but totals and speed");
  app.add_flag("--json", options.json, "Print one JSON object a line");
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
  } catch (const std::exception& error) {
    std::fprintf(stderr, "staa-run: error: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace staa::app

int main(int argc, char** argv) { return staa::app::main(argc, argv); }
