#include "staa/nn/neuron.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "neuron_cuda.h"
#include "staa/ops/implementation.h"
#include "staa/util/blas.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Shape {
  std::int64_t channels;
  std::int64_t size;
};

struct Setup {
  std::vector<std::int64_t> channels{16, 64, 128, 512};
  std::vector<std::int64_t> sizes{32, 16, 8, 4};
  std::int64_t steps = 4;
  std::int64_t batch = 32;
  int rounds = 15;
  int threads = 0;
  std::string device = "cpu";
  bool reference = false;
  bool json = false;
};

/// Copies `from` to `to` on all threads. This is the cost of reading the input and writing the
/// output.
void copy(const torch::Tensor& from, torch::Tensor& to) {
  const auto* source = static_cast<const char*>(from.data_ptr());
  auto* target = static_cast<char*>(to.data_ptr());
  at::parallel_for(0, static_cast<std::int64_t>(from.nbytes()), 1 << 16,
                   [&](std::int64_t begin, std::int64_t end) {
                     std::memcpy(target + begin, source + begin,
                                 static_cast<std::size_t>(end - begin));
                   });
}

nlohmann::ordered_json run(const Setup& setup, const Shape& shape, NeuronKind kind) {
  torch::manual_seed(1);
  NeuronOptions options;
  options.kind = kind;
  options.gc_zero_start = false;
  const auto neuron = nn::make_neuron(options, shape.channels, setup.steps);
  const auto x = torch::randn({setup.steps * setup.batch, shape.channels, shape.size, shape.size})
                     .contiguous(torch::MemoryFormat::ChannelsLast)
                     .view({setup.steps, setup.batch, shape.channels, shape.size, shape.size});
  const auto weights = torch::randn_like(x);
  const auto input = x.detach().requires_grad_(true);
  auto target = torch::empty_like(x);

  const auto forward = [&] {
    const torch::NoGradGuard no_grad;
    neuron->forward(x);
  };
  const auto both = [&] { torch::autograd::grad({neuron->forward(input)}, {input}, {weights}); };
  const auto times = medians(setup.rounds, {forward, both, [&] { copy(x, target); }});
  return {{"neuron", kind == NeuronKind::kLif ? "lif" : "staa_lif"},
          {"implementation", setup.reference ? "reference" : "fused"},
          {"channels", shape.channels},
          {"size", shape.size},
          {"steps", setup.steps},
          {"batch", setup.batch},
          {"forward_ms", 1e3 * times[0]},
          {"forward_backward_ms", 1e3 * times[1]},
          {"copy_ms", 1e3 * times[2]},
          {"forward_copies", times[0] / times[2]},
          {"forward_backward_copies", times[1] / times[2]}};
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{"Time of a neuron layer alone, beside copying its input to its output"};
  app.add_option("--channels", setup.channels, "Channels, one a shape")->delimiter(',');
  app.add_option("--sizes", setup.sizes, "Height and width, one a shape")->delimiter(',');
  app.add_option("--steps", setup.steps, "Time steps")->check(CLI::PositiveNumber);
  app.add_option("--batch", setup.batch, "Samples")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts");
  app.add_option("--threads", setup.threads, "Threads (0: all cores)");
  app.add_option("--device", setup.device,
                 "cpu, or cuda: fused and reference, beside the GPU's own copy")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_flag("--reference", setup.reference, "The reference composition");
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  if (setup.sizes.size() != setup.channels.size()) {
    std::cerr << "error: as many --sizes as --channels\n";
    return 2;
  }
  if (setup.device == "cuda") {
    std::vector<CudaShape> shapes;
    for (std::size_t i = 0; i < setup.channels.size(); ++i) {
      shapes.push_back({setup.steps, setup.batch, setup.channels[i], setup.sizes[i]});
    }
    return neurons_on_cuda(shapes, setup.rounds, setup.json);
  }
  if (setup.threads > 0) at::set_num_threads(setup.threads);
  std::unique_ptr<ops::UseReference> reference;
  if (setup.reference) reference = std::make_unique<ops::UseReference>();

  auto rows = nlohmann::ordered_json::array();
  if (!setup.json) {
    std::cout << fmt::format("{:9} {:>8} {:>5} {:>11} {:>11} {:>9} {:>8} {:>8}\n", "neuron",
                             "channels", "size", "forward ms", "both ms", "copy ms", "copies",
                             "copies");
  }
  for (std::size_t i = 0; i < setup.channels.size(); ++i) {
    for (const auto kind : {NeuronKind::kLif, NeuronKind::kStaaLif}) {
      rows.push_back(run(setup, {setup.channels[i], setup.sizes[i]}, kind));
      if (setup.json) continue;
      const auto& row = rows.back();
      std::cout << fmt::format("{:9} {:8} {:5} {:11.3f} {:11.3f} {:9.3f} {:8.2f} {:8.2f}\n",
                               row["neuron"].get<std::string>(),
                               row["channels"].get<std::int64_t>(), row["size"].get<std::int64_t>(),
                               row["forward_ms"].get<double>(),
                               row["forward_backward_ms"].get<double>(),
                               row["copy_ms"].get<double>(), row["forward_copies"].get<double>(),
                               row["forward_backward_copies"].get<double>())
                << std::flush;
    }
  }
  if (setup.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
