#include "neuron_cuda.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "staa/nn/neuron.h"
#include "staa/ops/implementation.h"
#include "timing.h"

namespace staa::bench {
namespace {

/// The median time of work that is queued on the GPU, in seconds. `kInARow` calls are timed between
/// two synchronisations, which hides the time of synchronisation and of the first launch.
double seconds_on_gpu(int rounds, const std::function<void()>& work) {
  constexpr int kInARow = 20;
  for (int i = 0; i < kInARow; ++i) work();
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    torch::cuda::synchronize();
    times.push_back(seconds([&] {
                      for (int i = 0; i < kInARow; ++i) work();
                      torch::cuda::synchronize();
                    }) /
                    kInARow);
  }
  return median(times);
}

/// Bytes per second that a copy within the GPU's memory reads and writes.
double copy_bandwidth(int rounds) {
  constexpr std::int64_t kBytes = 256 << 20;
  const auto from = torch::zeros({kBytes}, torch::dtype(torch::kByte).device(torch::kCUDA));
  auto to = torch::empty_like(from);
  return 2.0 * kBytes / seconds_on_gpu(rounds, [&] { to.copy_(from); });
}

nlohmann::ordered_json run(const CudaShape& shape, NeuronKind kind, torch::ScalarType type,
                           bool fused, int rounds, double bandwidth) {
  torch::manual_seed(1);
  NeuronOptions options;
  options.kind = kind;
  options.gc_zero_start = false;
  const auto neuron = nn::make_neuron(options, shape.channels, shape.steps);
  neuron->to(torch::kCUDA);
  std::unique_ptr<ops::UseReference> reference;
  if (!fused) reference = std::make_unique<ops::UseReference>();
  const auto like = torch::dtype(type).device(torch::kCUDA);
  const auto x =
      torch::randn({shape.steps * shape.batch, shape.channels, shape.size, shape.size}, like)
          .contiguous(torch::MemoryFormat::ChannelsLast)
          .view({shape.steps, shape.batch, shape.channels, shape.size, shape.size});
  const auto input = x.detach().requires_grad_(true);
  const auto forward = [&] {
    const torch::NoGradGuard no_grad;
    neuron->forward(x);
  };
  torch::Tensor weights;
  const auto both = [&] {
    const torch::Tensor spikes = neuron->forward(input);
    if (!weights.defined()) weights = torch::randn_like(spikes);
    torch::autograd::grad({spikes}, {input}, {weights});
  };
  const auto forward_time = seconds_on_gpu(rounds, forward);
  const auto both_time = seconds_on_gpu(rounds, both);
  // The forward pass reads X and writes spikes. The backward pass reads X and the gradient of the
  // spikes and writes the gradient of X.
  const auto bytes = static_cast<double>(x.nbytes());
  return {{"neuron", kind == NeuronKind::kLif ? "lif" : "staa_lif"},
          {"implementation", fused ? "fused" : "reference"},
          {"type", torch::toString(type)},
          {"steps", shape.steps},
          {"batch", shape.batch},
          {"channels", shape.channels},
          {"size", shape.size},
          {"forward_ms", 1e3 * forward_time},
          {"forward_backward_ms", 1e3 * both_time},
          {"forward_bandwidth_part", 2 * bytes / forward_time / bandwidth},
          {"forward_backward_bandwidth_part", 5 * bytes / both_time / bandwidth}};
}

/// Times that SpikingJelly publishes: forward and backward of a LIF layer in fp16 on an RTX 4090.
struct Published {
  std::int64_t steps;
  double ms;
};
constexpr std::int64_t kPublishedBatch = 64;
constexpr std::int64_t kPublishedChannels = 65536;
constexpr Published kPublished[] = {{4, 0.67}, {8, 0.86}, {16, 1.70}, {32, 3.37}};

void print(const nlohmann::ordered_json& row) {
  const std::string published = row.contains("published_ms")
                                    ? fmt::format("{:11.2f}", row["published_ms"].get<double>())
                                    : "";
  std::cout << fmt::format(
                   "{:9} {:10} {:9} {:3} {:5} {:8} {:5} {:11.4f} {:11.4f} {:8.2f} {:8.2f} {}\n",
                   row["neuron"].get<std::string>(), row["implementation"].get<std::string>(),
                   row["type"].get<std::string>(), row["steps"].get<std::int64_t>(),
                   row["batch"].get<std::int64_t>(), row["channels"].get<std::int64_t>(),
                   row["size"].get<std::int64_t>(), row["forward_ms"].get<double>(),
                   row["forward_backward_ms"].get<double>(),
                   row["forward_bandwidth_part"].get<double>(),
                   row["forward_backward_bandwidth_part"].get<double>(), published)
            << std::flush;
}

}  // namespace

int neurons_on_cuda(const std::vector<CudaShape>& shapes, int rounds, bool json) {
  if (!torch::cuda::is_available()) {
    std::cerr << "skipped: LibTorch finds no CUDA device\n";
    return 0;
  }
  const auto bandwidth = copy_bandwidth(rounds);
  auto rows = nlohmann::ordered_json::array();
  const auto measure = [&](const CudaShape& shape, NeuronKind kind, torch::ScalarType type,
                           double published_ms = 0) {
    for (const bool fused : {true, false}) {
      rows.push_back(run(shape, kind, type, fused, rounds, bandwidth));
      if (published_ms > 0) rows.back()["published_ms"] = published_ms;
      if (!json) print(rows.back());
    }
  };
  if (!json) {
    std::cout << fmt::format("copy within the GPU: {:.0f} GB/s\n", bandwidth / 1e9)
              << fmt::format(
                     "{:9} {:10} {:9} {:>3} {:>5} {:>8} {:>5} {:>11} {:>11} {:>8} {:>8} {:>11}\n",
                     "neuron", "", "type", "T", "batch", "channels", "size", "forward ms",
                     "both ms", "of copy", "of copy", "4090 *")
              << "* SpikingJelly's published figure for both, LIF in fp16 on an RTX 4090\n";
  }
  for (const auto& shape : shapes) {
    for (const auto kind : {NeuronKind::kLif, NeuronKind::kStaaLif}) {
      for (const auto type : {torch::kFloat, torch::kHalf}) measure(shape, kind, type);
    }
  }
  for (const auto& published : kPublished) {
    measure({published.steps, kPublishedBatch, kPublishedChannels, 1}, NeuronKind::kLif,
            torch::kHalf, published.ms);
  }
  if (json) {
    const nlohmann::ordered_json all{{"copy_gb_per_s", bandwidth / 1e9}, {"rows", rows}};
    std::cout << all.dump(2) << '\n';
  }
  return 0;
}

}  // namespace staa::bench
