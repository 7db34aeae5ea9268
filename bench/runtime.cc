// Measures images per second of the runtime, of LibTorch eager and of the dense convolution floor,
// in turn in one run, with trained weights.

#include "staa/runtime/runtime.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <torch/types.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "convolution_floor.h"
#include "staa/data/input.h"
#include "staa/data/sets/open.h"
#include "staa/deploy/export.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/ops/implementation.h"
#include "staa/run/description.h"
#include "staa/run/network.h"
#include "staa/run/run_folder.h"
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
  std::vector<int> threads{1};
  std::int64_t images = 16;
  int rounds = 5;
  bool json = false;
};

/// Test images, as bytes and as LibTorch reads them.
struct Images {
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<torch::Tensor> tensors;  // [1, C, H, W]
};

Images read_images(const recipe::Recipe& of_run, const data::InputDescription& input,
                   std::int64_t count) {
  auto recipe = of_run;
  recipe.data.limit_test = count;
  recipe.train.eval_batch = 1;
  const auto loader = inputs::evaluation_loader(inputs::open_data(recipe, &input).test, recipe);
  // The same images as bytes, which the runtime reads.
  const auto test = data::open_dataset(inputs::data_options(recipe)).test;
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

/// Exports the network to a temporary model file and loads that.
runtime::Model exported(const models::Network& network, const data::InputDescription& input,
                        deploy::WeightType weights) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("staa-bench-{}.staa", ::getpid());
  deploy::export_model(network, input, weights, path);
  auto model = runtime::Model::load(path.string());
  std::filesystem::remove(path);
  return model;
}

/// `threshold` replaces the threshold that the network was trained with, which changes its firing
/// rate. The predictions are then meaningless, but the times are not.
nlohmann::ordered_json measure(const Setup& setup, const std::string& run,
                               std::optional<double> threshold, int threads) {
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
  ConvolutionFloor bf16_floor(*network, images.tensors[0], torch::kBFloat16);
  const auto forward = [&] {
    for (const auto& x : images.tensors) network->forward(x);
  };
  const auto infer = [&](ConvolutionFloor& convolutions) {
    for (std::size_t i = 0; i < images.tensors.size(); ++i) convolutions.infer();
  };
  std::vector<std::function<void()>> works{[&] {
                                             const ops::UseReference reference;
                                             forward();
                                           },
                                           forward, [&] { infer(floor); },
                                           [&] { infer(bf16_floor); }};
  const auto of_libtorch = works.size();
  struct Way {
    deploy::WeightType weights;
    runtime::Path path;
    const char* name;
  };
  std::vector<Way> ways;
  const std::pair<runtime::Path, const char*> paths[] = {{runtime::Path::kAuto, "auto"},
                                                         {runtime::Path::kSparse, "events"},
                                                         {runtime::Path::kDense, "dense"}};
  for (const auto& [path, name] : paths) {
    for (const auto precision : {deploy::WeightType::kFp32, deploy::WeightType::kBf16,
                                 deploy::WeightType::kInt16, deploy::WeightType::kInt8}) {
      // With several threads, only the runtime's own choice of the path matters.
      if (threads == 1 || path == runtime::Path::kAuto) ways.push_back({precision, path, name});
    }
  }
  std::vector<std::unique_ptr<runtime::Pool>> pools;
  for (const auto& way : ways) {
    pools.push_back(std::make_unique<runtime::Pool>(
        exported(*network, description.input, way.weights), static_cast<std::size_t>(threads),
        runtime::Options{way.path, /*count_operations=*/false}));
  }
  for (auto& pool : pools) {
    works.emplace_back([&pool, &images] {
      pool->run(images.bytes.size(), [&](runtime::Session& session, std::size_t i) {
        session.classify(images.bytes[i].data());
      });
    });
  }
  double load = 0;
  getloadavg(&load, 1);
  at::set_num_threads(threads);
  const auto times = medians(setup.rounds, works);
  double rate = 0;
  runtime::Session session(exported(*network, description.input, deploy::WeightType::kFp32));
  for (const auto& image : images.bytes) {
    session.classify(image.data());
    rate += session.activity().firing_rate() / static_cast<double>(images.bytes.size());
  }
  const auto count = static_cast<double>(images.bytes.size());
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const double seconds = times[of_libtorch + i];
    rows.push_back({{"network", recipe.model.network},
                    {"width", recipe.model.width},
                    {"steps", recipe.model.steps},
                    {"precision", format::weights_name(ways[i].weights)},
                    {"path", ways[i].name},
                    {"threads", threads},
                    {"threshold", recipe.neuron.threshold},
                    {"trained_threshold", trained},
                    {"firing_rate", rate},
                    {"load", load},
                    {"runtime_images_per_s", count / seconds},
                    {"latency_ms", 1000 * seconds * std::min<double>(threads, count) / count},
                    {"session_bytes", pools[i]->state_bytes()},
                    {"eager_images_per_s", count / times[0]},
                    {"fused_images_per_s", count / times[1]},
                    {"floor_images_per_s", count / times[2]},
                    {"bf16_floor_images_per_s", count / times[3]}});
  }
  return rows;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{"Speed of the runtime at batch 1 beside LibTorch, image by image"};
  app.add_option("runs", setup.runs, "Folders of trained runs")->required()->type_name("DIR");
  app.add_option("--thresholds", setup.thresholds,
                 "Firing thresholds to measure besides, for speed against firing rate")
      ->delimiter(',');
  app.add_option("--threads", setup.threads,
                 "Threads among which the runtime divides the images, and LibTorch each of its "
                 "calls: 1 for latency, the cores for throughput")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--images", setup.images, "Test images a round")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(1);
  auto rows = nlohmann::ordered_json::array();
  try {
    std::vector<std::optional<double>> thresholds{std::nullopt};
    thresholds.insert(thresholds.end(), setup.thresholds.begin(), setup.thresholds.end());
    for (const auto& run : setup.runs) {
      for (const auto& threshold : thresholds) {
        for (const int threads : setup.threads) {
          for (const auto& row : measure(setup, run, threshold, threads)) rows.push_back(row);
        }
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
  constexpr const char* kLine =
      "{:>5} {:9} {:7} {:>7} {:>7} {:>10} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}\n";
  std::cout << fmt::format(kLine, "width", "precision", "path", "threads", "firing", "runtime/s",
                           "eager/s", "fused/s", "floor/s", "bf16 fl/s", "x eager", "x floor",
                           "x bf16");
  for (const auto& row : rows) {
    const auto at = [&](const char* key) { return row[key].get<double>(); };
    const auto number = [](double value, int digits) {
      return fmt::format("{:.{}f}", value, digits);
    };
    const double speed = at("runtime_images_per_s");
    std::cout << fmt::format(
        kLine, number(at("width"), 2), row["precision"].get<std::string>(),
        row["path"].get<std::string>(), row["threads"].get<int>(),
        number(100 * at("firing_rate"), 2) + "%", number(speed, 1),
        number(at("eager_images_per_s"), 1), number(at("fused_images_per_s"), 1),
        number(at("floor_images_per_s"), 1), number(at("bf16_floor_images_per_s"), 1),
        number(speed / at("eager_images_per_s"), 2), number(speed / at("floor_images_per_s"), 2),
        number(speed / at("bf16_floor_images_per_s"), 2));
  }
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
