// Measures the runtime's convolutions at several firing rates, on the sparse path, which reads only
// the spikes, and on the dense one, for the layers of a network at batch 1. The rates at which the
// runtime switches between the paths follow from this.

#include "staa/kernels/inference/sparse_convolution.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "staa/util/random.h"
#include "timing.h"

namespace staa::bench {
namespace {

using kernels::SparseConvolution;

struct Setup {
  std::vector<double> rates{0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5};
  std::vector<std::string> layers{"16x16@28",   "16x32@28/2",  "32x32@14",   "64x64@28",
                                  "64x64@14",   "64x128@14/2", "128x128@14", "128x128@7",
                                  "256x256@14", "256x256@7",   "512x512@7",  "512x512@4"};
  std::size_t steps = 4;
  int rounds = 9;
  bool json = false;
};

/// Parses "INxOUT@SIZE" or "INxOUT@SIZE/STRIDE", a 3x3 convolution on a square input.
SparseConvolution parse_layer(const std::string& text) {
  SparseConvolution shape;
  shape.input.border = 1;
  auto& input = shape.input;
  if (std::sscanf(text.c_str(), "%zux%zu@%zu/%zu", &input.channels, &shape.out, &input.height,
                  &shape.stride) < 3) {
    throw CLI::ValidationError("--layers", "expected INxOUT@SIZE or INxOUT@SIZE/STRIDE: " + text);
  }
  input.width = input.height;
  return shape;
}

struct Times {
  double sparse = 0;
  double dense = 0;
};

template <class Weight, class Value>
Times measure(const Setup& setup, const SparseConvolution& shape,
              const std::vector<std::uint8_t>& levels, const std::vector<Value>& values) {
  std::vector<Weight> weights(kernels::sparse_weights_size(shape, Weight{}), Weight{1});
  const std::vector<float> bias(shape.out);
  const std::vector<float> scale(shape.out, 1.0F);
  const kernels::Epilogue epilogue{scale.data(), bias.data(), false};
  std::vector<float> output(setup.steps * shape.out_values());
  kernels::SpikeList list;
  // Time so many calls at once that they take some tenths of a millisecond.
  const auto work = [&](const auto& convolve) {
    const double once = std::max(seconds(convolve), 1e-7);
    const auto times = static_cast<std::size_t>(std::max(1.0, 3e-4 / once));
    return std::pair(times, [&convolve, times] {
      for (std::size_t i = 0; i < times; ++i) convolve();
    });
  };
  const auto sparse = [&] {
    kernels::convolve_spikes(shape, levels.data(), setup.steps, weights.data(), epilogue, list,
                             output.data());
  };
  const auto dense = [&] {
    kernels::convolve_all(shape, values.data(), setup.steps, weights.data(), epilogue,
                          output.data());
  };
  sparse();
  const auto first = work(sparse);
  const auto second = work(dense);
  const auto found = medians(setup.rounds, {first.second, second.second});
  return {found[0] / static_cast<double>(first.first),
          found[1] / static_cast<double>(second.first)};
}

/// Random levels, each of which is a spike with probability `rate`.
std::vector<std::uint8_t> random_levels(const Setup& setup, const SparseConvolution& shape,
                                        double rate) {
  const auto& input = shape.input;
  std::vector<std::uint8_t> levels(setup.steps * input.bytes() + kernels::kLevelsSlack);
  Random random{1};
  for (std::size_t s = 0; s < setup.steps; ++s) {
    for (std::size_t y = 0; y < input.height; ++y) {
      for (std::size_t x = 0; x < input.width; ++x) {
        auto* pixel = levels.data() + s * input.bytes() + input.at(y, x);
        for (std::size_t c = 0; c < input.channels; ++c) {
          pixel[c] = random.uniform(0, 1) < rate ? 1 : 0;
        }
      }
    }
  }
  return levels;
}

nlohmann::ordered_json run(const Setup& setup, const std::string& layer, double rate) {
  const auto shape = parse_layer(layer);
  const auto levels = random_levels(setup, shape, rate);
  const std::vector<float> floats(levels.begin(), levels.end());
  const auto fp32 = measure<float>(setup, shape, levels, floats);
  const auto int8 = measure<std::int8_t>(setup, shape, levels, levels);
  return {{"layer", layer},
          {"rate", rate},
          {"fp32_sparse_us", fp32.sparse * 1e6},
          {"fp32_dense_us", fp32.dense * 1e6},
          {"int8_sparse_us", int8.sparse * 1e6},
          {"int8_dense_us", int8.dense * 1e6}};
}

int main(int argc, char** argv) {
  Setup setup;
  CLI::App app{"The runtime's convolutions by firing rate: spikes alone beside everything"};
  app.add_option("--rates", setup.rates, "Firing rates")->delimiter(',')->capture_default_str();
  app.add_option("--layers", setup.layers, "INxOUT@SIZE or INxOUT@SIZE/STRIDE, 3x3")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--steps", setup.steps, "Time steps at once")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  auto rows = nlohmann::ordered_json::array();
  if (!setup.json) {
    std::cout << fmt::format("{:>14} {:>6} {:>10} {:>10} {:>6} {:>10} {:>10} {:>6}\n", "layer",
                             "rate", "fp32 us", "dense us", "ratio", "int8 us", "dense us",
                             "ratio");
  }
  for (const auto& layer : setup.layers) {
    for (const double rate : setup.rates) {
      rows.push_back(run(setup, layer, rate));
      if (setup.json) continue;
      const auto at = [&](const char* key) { return rows.back()[key].get<double>(); };
      std::cout << fmt::format(
                       "{:>14} {:6.2f} {:10.2f} {:10.2f} {:6.2f} {:10.2f} {:10.2f} {:6.2f}\n",
                       layer, rate, at("fp32_sparse_us"), at("fp32_dense_us"),
                       at("fp32_dense_us") / at("fp32_sparse_us"), at("int8_sparse_us"),
                       at("int8_dense_us"), at("int8_dense_us") / at("int8_sparse_us"))
                << std::flush;
    }
  }
  if (setup.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
