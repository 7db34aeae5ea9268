// Compares a convolution that reads spikes with LibTorch's dense one, and staa's own dense one with
// that, at several firing rates.

#include "staa/ops/spike_convolution.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "staa/ops/convolution.h"
#include "staa/util/blas.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Setup {
  std::vector<double> rates{0.02, 0.1, 0.2, 0.3};
  std::vector<std::int64_t> channels{16, 32, 64, 128, 256, 512};
  std::vector<std::int64_t> sizes{32, 8, 32, 8, 4, 2};
  std::int64_t images = 128;
  std::int64_t stride = 1;
  int rounds = 5;
  int threads = 0;
  bool json = false;
};

nlohmann::ordered_json run(const Setup& setup, std::int64_t channels, std::int64_t size,
                           double rate) {
  torch::manual_seed(1);
  const auto format = torch::MemoryFormat::ChannelsLast;
  const auto x = (torch::rand({setup.images, channels, size, size}) < rate)
                     .to(torch::kFloat)
                     .contiguous(format)
                     .set_requires_grad(true);
  const auto weight =
      torch::randn({channels, channels, 3, 3}).contiguous(format).set_requires_grad(true);
  const auto dense = [&] { return torch::conv2d(x, weight, {}, setup.stride, 1); };
  const auto own = [&] { return ops::dense_convolution(x, weight, setup.stride, 1); };
  const auto sparse = [&] { return ops::spike_convolution(x, weight, setup.stride, 1); };
  const auto dy = torch::randn_like(dense());
  const auto forward = [](const auto& convolve) {
    return [&convolve] {
      const torch::NoGradGuard no_grad;
      convolve();
    };
  };
  const auto backward = [&](const auto& convolve, bool of_x) {
    return [&dy, &x, &weight, &convolve, of_x] {
      const auto inputs =
          of_x ? std::vector<torch::Tensor>{x, weight} : std::vector<torch::Tensor>{weight};
      torch::autograd::grad({convolve()}, inputs, {dy});
    };
  };
  const auto times =
      medians(setup.rounds,
              {forward(sparse), forward(dense), backward(sparse, false), backward(dense, false),
               backward(sparse, true), backward(dense, true), forward(own), backward(own, true)});
  return {{"channels", channels},
          {"size", size},
          {"rate", rate},
          {"forward_ms", times[0] * 1e3},
          {"dense_forward_ms", times[1] * 1e3},
          {"weight_ms", (times[2] - times[0]) * 1e3},
          {"dense_weight_ms", (times[3] - times[1]) * 1e3},
          {"all_ms", times[4] * 1e3},
          {"dense_all_ms", times[5] * 1e3},
          {"own_dense_forward_ms", times[6] * 1e3},
          {"own_dense_all_ms", times[7] * 1e3}};
}

void print_row(const nlohmann::ordered_json& row) {
  const auto ratio = [&](const char* sparse, const char* dense) {
    return row[dense].get<double>() / row[sparse].get<double>();
  };
  std::cout << fmt::format(
                   "{:8} {:5} {:5.2f} {:9.2f} {:9.2f} {:6.2f} {:9.2f} {:9.2f} {:6.2f} {:9.2f} "
                   "{:9.2f} {:6.2f} {:7.2f} {:7.2f}\n",
                   row["channels"].get<std::int64_t>(), row["size"].get<std::int64_t>(),
                   row["rate"].get<double>(), row["forward_ms"].get<double>(),
                   row["dense_forward_ms"].get<double>(), ratio("forward_ms", "dense_forward_ms"),
                   row["weight_ms"].get<double>(), row["dense_weight_ms"].get<double>(),
                   ratio("weight_ms", "dense_weight_ms"), row["all_ms"].get<double>(),
                   row["dense_all_ms"].get<double>(), ratio("all_ms", "dense_all_ms"),
                   ratio("own_dense_forward_ms", "dense_forward_ms"),
                   ratio("own_dense_all_ms", "dense_all_ms"))
            << std::flush;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{
      "Convolutions of spikes beside dense ones: forward, weight gradient, all three; the last "
      "columns "
      "divide the time of LibTorch's dense convolution by that of staa's dense one"};
  app.add_option("--rates", setup.rates, "Firing rates")->delimiter(',')->capture_default_str();
  app.add_option("--channels", setup.channels, "Channels of a layer, in and out")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--sizes", setup.sizes, "Height and width of each layer")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--images", setup.images, "T * B")->check(CLI::PositiveNumber);
  app.add_option("--stride", setup.stride, "Stride")->check(CLI::Range(1, 2));
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", setup.threads, "Threads (0: all cores)");
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  if (setup.sizes.size() != setup.channels.size()) {
    std::cerr << "bench_spike_convolution: --channels and --sizes want as many numbers\n";
    return 2;
  }
  if (setup.threads > 0) at::set_num_threads(setup.threads);

  auto rows = nlohmann::ordered_json::array();
  if (!setup.json) {
    std::cout << fmt::format(
        "{:>8} {:>5} {:>5} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6} {:>7} {:>7}\n",
        "channels", "size", "rate", "forward", "dense", "ratio", "weight", "dense", "ratio", "all",
        "dense", "ratio", "own fwd", "own all");
  }
  for (std::size_t i = 0; i < setup.channels.size(); ++i) {
    for (const double rate : setup.rates) {
      rows.push_back(run(setup, setup.channels[i], setup.sizes[i], rate));
      if (!setup.json) print_row(rows.back());
    }
  }
  if (setup.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
