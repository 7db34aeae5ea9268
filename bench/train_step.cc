// Images per second of a training step and of inference, beside the convolution floor measured in
// the same run, in turn with it, so that a machine whose speed drifts still gives a true ratio.

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "convolution_floor.h"
#include "staa/models/registry.h"
#include "staa/options/names.h"
#include "staa/train/loss_scale.h"
#include "staa/train/optimizer.h"
#include "staa/util/blas.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Setup {
  std::string network = "resnet20";
  std::vector<double> widths{1.0, 0.25};
  std::vector<std::string> neurons{"lif", "staa_lif"};
  std::vector<std::string> precisions{"fp32", "bf16"};
  bool low_memory = false;
  std::vector<std::string> implementations{"fused", "reference"};
  std::int64_t steps = 4;
  std::int64_t batch = 32;
  std::int64_t size = 32;
  int rounds = 7;
  int threads = 0;
  std::string device = "cpu";
  bool json = false;
};

/// A line of /proc/self/status such as "VmHWM:   1234 kB", in MiB.
double status_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
  }
  return 0;
}

/// Makes VmHWM start again from the memory in use now.
void reset_peak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// Why `name` is no device to run on here, or "".
std::string device_problem(const std::string& name) {
  try {
    const torch::Device device(name);
    if (device.is_cpu()) return "";
    const auto devices = static_cast<std::int64_t>(torch::cuda::device_count());
    if (device.is_cuda() && std::max<std::int64_t>(0, device.index()) < devices) return "";
    if (device.is_cuda()) return fmt::format("{}: there are {} CUDA devices here", name, devices);
  } catch (const c10::Error&) {  // no device's name: told below
  }
  return fmt::format("expected cpu, cuda or cuda:N, found {}", name);
}

/// `work` until the device has done it.
std::function<void()> whole(torch::Device device, std::function<void()> work) {
  if (device.is_cpu()) return work;
  return [work = std::move(work)] {
    work();
    torch::cuda::synchronize();
  };
}

nlohmann::ordered_json run(const Setup& setup, double width, const std::string& neuron,
                           const std::string& implementation, const std::string& precision) {
  torch::manual_seed(1);
  models::NetworkOptions options;
  options.network = setup.network;
  options.width = width;
  options.steps = setup.steps;
  options.classes = 100;
  for (const auto& [kind, name] : names_of(NeuronKind{})) {
    if (name == neuron) options.neuron.kind = kind;
  }
  if (implementation == "reference") options.execution.operators = Operators::kReference;
  for (const auto& [value, name] : names_of(Precision{})) {
    if (name == precision) options.execution.precision = value;
  }
  if (setup.low_memory) options.execution.memory = MemoryUse::kLow;
  const torch::Device device(setup.device);
  const auto images = torch::randn({setup.batch, 3, setup.size, setup.size})
                          .contiguous(torch::MemoryFormat::ChannelsLast)
                          .to(device);
  const auto labels = torch::randint(options.classes, {setup.batch}, torch::kLong).to(device);

  reset_peak();
  const double before = status_mib("VmRSS:");
  const auto network = models::make_network(options);
  network->to(device);
  train::OptimizerOptions sgd;
  sgd.lr = 0.01;
  sgd.momentum = 0.9;
  sgd.weight_decay = 1e-4;
  train::Optimizer optimizer(*network, sgd);
  // In fp16 with what its loss scale costs: two passes over the gradients.
  const double scale = precision == "fp16" ? train::LossScale::kFirst : 1;
  const auto train_step = [&] {
    optimizer.zero_grad();
    const auto loss = torch::cross_entropy_loss(network->forward(images).mean(0), labels);
    (scale == 1 ? loss : loss * scale).backward();
    optimizer.unscale_gradients(scale);
    if (scale == 1 || optimizer.gradients_are_finite()) optimizer.step();
  };
  train_step();
  train_step();
  const double peak = status_mib("VmHWM:") - before;

  ConvolutionFloor floor(*network, images);
  const auto train =
      medians(setup.rounds, {whole(device, train_step), whole(device, [&] { floor.train(); })});
  network->eval();
  const auto infer_step = [&] {
    const torch::NoGradGuard no_grad;
    network->forward(images);
  };
  const auto infer =
      medians(setup.rounds, {whole(device, infer_step), whole(device, [&] { floor.infer(); })});

  const auto batch = static_cast<double>(setup.batch);
  nlohmann::ordered_json row{{"network", setup.network},
                             {"width", width},
                             {"neuron", neuron},
                             {"implementation", implementation},
                             {"precision", precision},
                             {"memory", setup.low_memory ? "low" : "normal"},
                             {"steps", setup.steps},
                             {"batch", setup.batch},
                             {"threads", at::get_num_threads()},
                             {"device", setup.device},
                             {"train_images_per_s", batch / train[0]},
                             {"infer_images_per_s", batch / infer[0]},
                             {"train_floor_images_per_s", batch / train[1]},
                             {"infer_floor_images_per_s", batch / infer[1]},
                             {"train_floor_ratio", train[1] / train[0]},
                             {"infer_floor_ratio", infer[1] / infer[0]}};
  if (device.is_cpu()) row["peak_mib"] = peak;
  return row;
}

void print_row(const nlohmann::ordered_json& row) {
  std::cout << fmt::format(
                   "{:9} {:5.2f} {:9} {:9} {:5} {:9.1f} {:9.1f} {:7.2f}   {:9.1f} {:9.1f} {:7.2f} "
                   "{:>9}\n",
                   row["network"].get<std::string>(), row["width"].get<double>(),
                   row["neuron"].get<std::string>(), row["implementation"].get<std::string>(),
                   row["precision"].get<std::string>(), row["train_images_per_s"].get<double>(),
                   row["train_floor_images_per_s"].get<double>(),
                   row["train_floor_ratio"].get<double>(), row["infer_images_per_s"].get<double>(),
                   row["infer_floor_images_per_s"].get<double>(),
                   row["infer_floor_ratio"].get<double>(),
                   row.contains("peak_mib") ? fmt::format("{:.0f}", row["peak_mib"].get<double>())
                                            : "-")
            << std::flush;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{"Training and inference speed beside the convolution floor, in images per second"};
  app.add_option("--network", setup.network, "Network")->capture_default_str();
  app.add_option("--widths", setup.widths, "Width factors")->delimiter(',')->capture_default_str();
  app.add_option("--neurons", setup.neurons, "Neurons")
      ->delimiter(',')
      ->check(CLI::IsMember({"lif", "adaptive_lif", "staa_lif"}))
      ->capture_default_str();
  app.add_option("--implementations", setup.implementations, "Of the neurons")
      ->delimiter(',')
      ->check(CLI::IsMember({"fused", "reference"}))
      ->capture_default_str();
  app.add_option("--precisions", setup.precisions, "Of convolutions; the floor is fp32")
      ->delimiter(',')
      ->check(CLI::IsMember({"fp32", "bf16", "fp16"}))
      ->capture_default_str();
  app.add_flag("--low-memory", setup.low_memory, "Compute convolutions again, keep no outputs");
  app.add_option("--steps", setup.steps, "Time steps")->check(CLI::PositiveNumber);
  app.add_option("--batch", setup.batch, "Images a step")->check(CLI::PositiveNumber);
  app.add_option("--size", setup.size, "Height and width of an image")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", setup.threads, "Threads (0: all cores)");
  app.add_option("--device", setup.device, "cpu, cuda or cuda:N")
      ->check([](const std::string& name) { return device_problem(name); })
      ->capture_default_str();
  app.add_flag("--json", setup.json, "Print an array of objects");
  CLI11_PARSE(app, argc, argv);
  if (setup.threads > 0) at::set_num_threads(setup.threads);
  const bool on_cpu = torch::Device(setup.device).is_cpu();

  auto rows = nlohmann::ordered_json::array();
  if (!setup.json) {
    std::cout << fmt::format(
        "{:9} {:>5} {:9} {:9} {:5} {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7} {:>9}\n", "network",
        "width", "neuron", "by", "in", "train/s", "floor/s", "ratio", "infer/s", "floor/s", "ratio",
        "peak MiB");
  }
  for (const double width : setup.widths) {
    for (const auto& neuron : setup.neurons) {
      for (const auto& implementation : setup.implementations) {
        for (const auto& precision : setup.precisions) {
          // On a CPU eager programs compute in fp32, on a card they use what it has. fp16 is for
          // CUDA.
          if (on_cpu && implementation == "reference" && precision != "fp32") continue;
          if (on_cpu && precision == "fp16") continue;
          rows.push_back(run(setup, width, neuron, implementation, precision));
          if (!setup.json) print_row(rows.back());
        }
      }
    }
  }
  if (setup.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
