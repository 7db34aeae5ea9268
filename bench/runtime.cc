// Images per second of the runtime, beside LibTorch eager and the dense convolution floor, measured
// in turn in one run, on trained weights and one core.

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/types.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "convolution_floor.h"
#include "staa/data/input.h"
#include "staa/data/sets/open.h"
#include "staa/deploy/export.h"
#include "staa/models/registry.h"
#include "staa/ops/implementation.h"
#include "staa/run/data.h"
#include "staa/run/description.h"
#include "staa/run/network.h"
#include "staa/run/run_folder.h"
#include "staa/runtime/runtime.h"
#include "staa/train/batch.h"
#include "staa/util/blas.h"
#include "staa/util/error.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Setup {
  std::vector<std::string> runs;
  std::vector<double> thresholds;
  std::int64_t images = 16;
  int rounds = 5;
  bool json = false;
};

/// Test images, as bytes and as LibTorch takes them.
struct Images {
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<torch::Tensor> tensors;  // [1, C, H, W]
};

Images read_images(const recipe::Recipe& of_run, const data::InputDescription& input,
                   std::int64_t count) {
  auto recipe = of_run;
  recipe.data.limit_test = count;
  recipe.train.eval_batch = 1;
  const auto loader = run::evaluation_loader(run::open_data(recipe, &input).test, recipe);
  // As the runtime reads them.
  const auto test = data::open_dataset(run::data_options(recipe)).test;
  Images images;
  loader->start(0);
  while (auto batch = loader->next()) {
    const auto index = static_cast<std::int64_t>(images.bytes.size());
    images.bytes.emplace_back(static_cast<std::size_t>(input.shape.values()));
    test->read(index, images.bytes.back().data());
    images.tensors.push_back(train::to_tensors(std::move(*batch), input.shape, torch::kCPU).inputs);
  }
  return images;
}

/// A model file of the network that is gone when it has been read.
runtime::Model exported(const models::Network& network, const data::InputDescription& input,
                        deploy::WeightType weights) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("staa-bench-{}.staa", ::getpid());
  deploy::export_model(network, input, weights, path);
  auto model = runtime::Model::load(path.string());
  std::filesystem::remove(path);
  return model;
}

/// With a threshold of its own in place of the one it was trained with, a network fires more or
/// less: what it then says means nothing, but how long it takes does.
nlohmann::ordered_json measure(const Setup& setup, const std::string& run,
                               std::optional<double> threshold) {
  const auto weights = run::RunFolder(run).best();
  const auto description = run::load_description(weights);
  auto recipe = recipe::parse_recipe(description.recipe, weights.string());
  const bool trained = !threshold;
  if (threshold) recipe.neuron.threshold = *threshold;
  const auto network = models::make_network(run::network_options(recipe, description.input));
  train::load_weights(weights, *network);
  network->eval();
  const torch::NoGradGuard no_grad;
  const auto images = read_images(recipe, description.input, setup.images);
  ConvolutionFloor floor(*network, images.tensors[0]);
  const auto forward = [&] {
    for (const auto& x : images.tensors) network->forward(x);
  };
  std::vector<std::function<void()>> works{[&] {
                                             const ops::UseReference reference;
                                             forward();
                                           },
                                           forward,
                                           [&] {
                                             for (std::size_t i = 0; i < images.tensors.size(); ++i)
                                               floor.infer();
                                           }};
  struct Way {
    const char* precision;
    deploy::WeightType of;
    runtime::Path path;
    const char* name;
  };
  std::vector<runtime::Session> sessions;
  const Way ways[] = {{"fp32", deploy::WeightType::kFp32, runtime::Path::kAuto, "auto"},
                      {"int8", deploy::WeightType::kInt8, runtime::Path::kAuto, "auto"},
                      {"fp32", deploy::WeightType::kFp32, runtime::Path::kSparse, "events"},
                      {"int8", deploy::WeightType::kInt8, runtime::Path::kSparse, "events"},
                      {"fp32", deploy::WeightType::kFp32, runtime::Path::kDense, "dense"},
                      {"int8", deploy::WeightType::kInt8, runtime::Path::kDense, "dense"}};
  for (const auto& way : ways) {
    sessions.emplace_back(exported(*network, description.input, way.of),
                          runtime::Options{way.path, /*count_operations=*/false});
  }
  for (auto& session : sessions) {
    works.emplace_back([&session, &images] {
      for (const auto& image : images.bytes) session.classify(image.data());
    });
  }
  const auto times = medians(setup.rounds, works);
  double rate = 0;
  for (const auto& image : images.bytes) {
    sessions[0].classify(image.data());
    rate += sessions[0].activity().firing_rate() / static_cast<double>(images.bytes.size());
  }
  const auto count = static_cast<double>(images.bytes.size());
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    rows.push_back({{"width", recipe.model.width},
                    {"precision", ways[i].precision},
                    {"path", ways[i].name},
                    {"threshold", recipe.neuron.threshold},
                    {"trained_threshold", trained},
                    {"firing_rate", rate},
                    {"runtime_images_per_s", count / times[3 + i]},
                    {"eager_images_per_s", count / times[0]},
                    {"fused_images_per_s", count / times[1]},
                    {"floor_images_per_s", count / times[2]}});
  }
  return rows;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{"Speed of the runtime at batch 1 beside LibTorch, on one core"};
  app.add_option("runs", setup.runs, "Folders of trained runs")->required()->type_name("DIR");
  app.add_option("--thresholds", setup.thresholds,
                 "Firing thresholds to measure besides, for speed against firing rate")
      ->delimiter(',');
  app.add_option("--images", setup.images, "Test images a round")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(1);
  auto rows = nlohmann::ordered_json::array();
  try {
    for (const auto& run : setup.runs) {
      for (const auto& row : measure(setup, run, {})) rows.push_back(row);
      for (const double threshold : setup.thresholds) {
        for (const auto& row : measure(setup, run, threshold)) rows.push_back(row);
      }
    }
  } catch (const Error& error) {
    std::cerr << "bench_runtime: error: " << error.what() << '\n';
    return error.exit_code();
  }
  if (setup.json) {
    std::cout << rows.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format("{:>5} {:9} {:7} {:>7} {:>10} {:>9} {:>9} {:>9} {:>8} {:>8}\n", "width",
                           "precision", "path", "firing", "runtime/s", "eager/s", "fused/s",
                           "floor/s", "x eager", "x floor");
  for (const auto& row : rows) {
    const auto at = [&](const char* key) { return row[key].get<double>(); };
    const double speed = at("runtime_images_per_s");
    std::cout << fmt::format(
        "{:5.2f} {:9} {:7} {:6.2f}% {:10.1f} {:9.1f} {:9.1f} {:9.1f} {:8.2f} {:8.2f}\n",
        at("width"), row["precision"].get<std::string>(), row["path"].get<std::string>(),
        100 * at("firing_rate"), speed, at("eager_images_per_s"), at("fused_images_per_s"),
        at("floor_images_per_s"), speed / at("eager_images_per_s"),
        speed / at("floor_images_per_s"));
  }
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
