#include "staa/run/precision.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <chrono>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "staa/events/frame_cache.h"
#include "staa/models/registry.h"
#include "staa/nn/whitening.h"
#include "staa/options/names.h"
#include "staa/util/file.h"

namespace staa::run {
namespace {

namespace fs = std::filesystem;

bool has_bf16_instructions() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 1);
  }
  return "unknown";
}

/// The time of a training step in seconds: the best of a few.
double time_steps(models::Network& network, const torch::Tensor& x) {
  constexpr int kSteps = 4;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kSteps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    network.forward(x).sum().backward();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, took.count());  // the first step includes setup
  }
  return best;
}

/// The ratio of the time in bf16 to the time in fp32.
double measure(models::NetworkOptions options, const std::vector<std::int64_t>& input) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const auto state = generator.get_state();
  options.execution.precision = Precision::kFp32;
  const auto network = models::make_network(options);
  network->train();
  const auto x = torch::randn(input);
  if (auto stem = network->whitening()) stem->fit(x.flatten(0, 1));
  const double fp32 = time_steps(*network, x);
  network->set_precision(Precision::kBf16);
  const double bf16 = time_steps(*network, x);
  generator.set_state(state);
  return bf16 / fp32;
}

/// The timings of earlier runs, or an empty object.
nlohmann::json read_cache(const fs::path& path) {
  std::ifstream in(path);
  auto cache = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  return cache.is_object() ? cache : nlohmann::json::object();
}

}  // namespace

PrecisionChoice choose_precision(const models::NetworkOptions& options,
                                 const std::vector<std::int64_t>& input, torch::Device device) {
  if (!device.is_cpu()) return {Precision::kFp32, "the default on a GPU"};
  if (!has_bf16_instructions()) return {Precision::kFp32, "the processor has no bf16"};
  const auto key = fmt::format(
      "{} / LibTorch {} / {} x {}{}{} / {} / T {} / {} / memory {} / operators {} / {} threads",
      processor_name(), TORCH_VERSION, options.network, options.width,
      options.whitening ? ", whitening" : "",
      options.shortcut == CurrentShortcut::kCurrent ? ", shortcuts" : "",
      to_string(options.neuron.kind), options.steps, fmt::join(input, "x"),
      to_string(options.execution.memory), to_string(options.execution.operators),
      at::get_num_threads());
  const auto path = events::default_cache_folder() / "precision.json";
  auto cache = read_cache(path);
  const bool known = cache.contains(key) && cache[key].is_number();
  const double ratio = known ? cache[key].get<double>() : measure(options, input);
  if (!known) {
    cache[key] = ratio;
    try {
      fs::create_directories(path.parent_path());
      write_file_atomically(path, cache.dump(1) + "\n");
    } catch (const std::exception&) {
      // If the cache cannot be written, the next run repeats the timing.
    }
  }
  constexpr double kWorth = 0.9;
  return {ratio < kWorth ? Precision::kBf16 : Precision::kFp32,
          fmt::format("bf16 takes {:.2f} of the time of fp32{}", ratio,
                      known ? ", as timed before" : "")};
}

}  // namespace staa::run
