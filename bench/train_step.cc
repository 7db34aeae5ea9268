// Measures images per second of a training step and of inference. The convolution floor is measured
// in turn with them, so that the ratio is right even if the machine's speed drifts.

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "convolution_floor.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/options/names.h"
#include "staa/run/trained.h"
#include "staa/train/batch.h"
#include "staa/train/loss_scale.h"
#include "staa/train/optimizer.h"
#include "staa/util/blas.h"
#include "staa/util/error.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Setup {
  std::vector<std::string> runs;
  std::string data_set = "cifar10";
  std::string data;
  int warm_up = 300;
  std::string network = "resnet20";
  std::vector<double> widths{1.0, 0.25};
  std::vector<std::string> neurons{"lif", "staa_lif"};
  std::vector<std::string> precisions{"fp32", "bf16"};
  bool low_memory = false;
  std::vector<std::string> implementations{"fused", "reference"};
  std::vector<std::int64_t> steps;  ///< empty: 4, or those of a run
  std::vector<std::int64_t> batches{32};
  std::int64_t size = 32;
  int rounds = 7;
  int threads = 0;
  std::string device = "cpu";
  bool json = false;
};

/// What one row of the output measures.
struct Case {
  std::string run;  ///< folder; "": a new network
  double width = 1;
  std::string neuron;
  std::string implementation;
  std::string precision;
  std::int64_t steps = 0;  ///< 0: those of the run
  std::int64_t batch = 32;
};

/// A network to measure, with batches for it.
struct Subject {
  std::shared_ptr<models::Network> network;
  std::vector<train::TensorBatch> batches;  ///< used by training steps in turn
  std::string weights;                      ///< where the network's weights come from
  bool trained = false;
};

/// The value in MiB of a line of /proc/self/status such as "VmHWM:   1234 kB".
double status_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
  }
  return 0;
}

/// Resets VmHWM to the memory in use now.
void reset_peak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// Why this machine cannot run on the device `name`, or "".
std::string device_problem(const std::string& name) {
  try {
    const torch::Device device(name);
    if (device.is_cpu()) return "";
    const auto devices = static_cast<std::int64_t>(torch::cuda::device_count());
    if (device.is_cuda() && std::max<std::int64_t>(0, device.index()) < devices) return "";
    if (device.is_cuda()) return fmt::format("{}: there are {} CUDA devices here", name, devices);
  } catch (const c10::Error&) {  // not a device's name: reported below
  }
  return fmt::format("expected cpu, cuda or cuda:N, found {}", name);
}

/// Calls `work` and waits until the device has finished it.
std::function<void()> whole(torch::Device device, std::function<void()> work) {
  if (device.is_cpu()) return work;
  return [work = std::move(work)] {
    work();
    torch::cuda::synchronize();
  };
}

constexpr std::size_t kBatches = 8;

/// Real training images, augmented as in the recipe.
std::vector<train::TensorBatch> read_batches(recipe::Recipe recipe, std::int64_t batch,
                                             const data::InputDescription* known,
                                             torch::Device device) {
  recipe.train.batch = batch;
  const auto sources = inputs::open_data(recipe, known);
  const auto loader = inputs::training_loader(sources.train, recipe);
  std::vector<train::TensorBatch> batches;
  for (std::uint64_t epoch = 0; batches.size() < kBatches; ++epoch) {
    loader->start(static_cast<std::int64_t>(epoch));
    auto any = false;
    while (batches.size() < kBatches) {
      auto next = loader->next();
      if (!next) break;
      any = true;
      batches.push_back(train::to_tensors(std::move(*next), sources.input.shape, device));
    }
    if (!any) fail(ErrorKind::kUsage, "{}: no batch of {} images", recipe.data.set, batch);
  }
  return batches;
}

/// The trained network of a run, with the run's own data.
Subject of_run(const Setup& setup, const Case& row, torch::Device device) {
  std::vector<std::string> overrides{"precision=" + row.precision};
  if (row.implementation == "reference") overrides.emplace_back("operators=reference");
  if (setup.low_memory) overrides.emplace_back("memory=low");
  if (!setup.data.empty()) overrides.push_back("data.path=" + setup.data);
  auto trained = run::open_trained(row.run, "best", overrides);
  if (row.steps > trained.network->options().steps) {
    fail(ErrorKind::kUsage, "--steps: the run {} has {} time steps, found {}", row.run,
         trained.network->options().steps, row.steps);
  }
  Subject subject;
  subject.network = trained.network;
  if (row.steps > 0) subject.network->set_steps(row.steps);
  subject.network->to(device);
  subject.batches = read_batches(trained.recipe, row.batch, &trained.input, device);
  subject.weights = fmt::format("{}, {} epochs", row.run, trained.progress.epoch);
  subject.trained = true;
  return subject;
}

models::NetworkOptions options_of(const Setup& setup, const Case& row) {
  models::NetworkOptions options;
  options.network = setup.network;
  options.width = row.width;
  options.steps = row.steps > 0 ? row.steps : 4;
  options.classes = 100;
  for (const auto& [kind, name] : names_of(NeuronKind{})) {
    if (name == row.neuron) options.neuron.kind = kind;
  }
  if (row.implementation == "reference") options.execution.operators = Operators::kReference;
  for (const auto& [value, name] : names_of(Precision{})) {
    if (name == row.precision) options.execution.precision = value;
  }
  if (setup.low_memory) options.execution.memory = MemoryUse::kLow;
  return options;
}

/// A network with initial weights, with real images if a data folder is given and random ones
/// otherwise.
Subject fresh(const Setup& setup, const Case& row, torch::Device device) {
  torch::manual_seed(1);
  auto options = options_of(setup, row);
  Subject subject;
  subject.weights = "fresh";
  if (!setup.data.empty()) {
    recipe::Recipe recipe;
    recipe.data.set = setup.data_set;
    recipe.data.path = setup.data;
    subject.batches = read_batches(recipe, row.batch, nullptr, device);
    options.in_channels = subject.batches[0].inputs.size(2);
  } else {
    const auto images = torch::randn({row.batch, 3, setup.size, setup.size})
                            .contiguous(torch::MemoryFormat::ChannelsLast)
                            .to(device);
    const auto labels = torch::randint(options.classes, {row.batch}, torch::kLong).to(device);
    subject.batches.push_back({images.unsqueeze(0), labels});
  }
  subject.network = models::make_network(options);
  subject.network->to(device);
  return subject;
}

/// The spikes per neuron and time step, for each layer and for all layers together.
nlohmann::ordered_json firing_rates(models::Network& network, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  struct Seen {
    double spikes = 0;
    double neurons = 0;
  };
  const auto layers = models::neuron_layers(network);
  std::vector<Seen> seen(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].layer->set_observer(
        [&one = seen[i]](const torch::Tensor&, const torch::Tensor& spikes) {
          one.spikes += spikes.sum(torch::kDouble).item<double>();
          one.neurons += static_cast<double>(spikes.numel());
        });
  }
  network.forward(images);
  auto rates = nlohmann::ordered_json::object();
  Seen all;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].layer->set_observer({});
    rates[layers[i].name] = seen[i].spikes / seen[i].neurons;
    all.spikes += seen[i].spikes;
    all.neurons += seen[i].neurons;
  }
  return {{"firing_rate", all.spikes / all.neurons}, {"layers", rates}};
}

nlohmann::ordered_json measure(const Setup& setup, const Case& row) {
  const torch::Device device(setup.device);
  double load = 0;
  getloadavg(&load, 1);
  reset_peak();
  const double before = status_mib("VmRSS:");
  auto subject = row.run.empty() ? fresh(setup, row, device) : of_run(setup, row, device);
  auto& network = *subject.network;
  network.train();
  const auto optimizer_of = [&](double lr) {
    train::OptimizerOptions sgd;
    sgd.lr = lr;
    sgd.momentum = 0.9;
    sgd.weight_decay = 1e-4;
    return std::make_unique<train::Optimizer>(network, sgd);
  };
  // The timed steps still train, but with a rate so small that the firing rates stay the same.
  constexpr double kLearning = 0.02;
  constexpr double kStanding = 1e-6;
  const bool warm = row.run.empty() && !setup.data.empty() && setup.warm_up > 0;
  auto optimizer = optimizer_of(warm ? kLearning : kStanding);
  // fp16 includes the cost of its loss scale, which is two passes over the gradients.
  const double scale = row.precision == "fp16" ? train::LossScale::kFirst : 1;
  std::size_t next = 0;
  const auto train_step = [&] {
    const auto& batch = subject.batches[next++ % subject.batches.size()];
    optimizer->zero_grad();
    const auto loss =
        torch::cross_entropy_loss(network.forward(batch.inputs).mean(0), batch.labels);
    (scale == 1 ? loss : loss * scale).backward();
    optimizer->unscale_gradients(scale);
    if (scale == 1 || optimizer->gradients_are_finite()) optimizer->step();
  };
  if (warm) {
    for (int i = 0; i < setup.warm_up; ++i) train_step();
    subject.weights = fmt::format("{} steps on {}", setup.warm_up, setup.data_set);
    subject.trained = true;
    optimizer = optimizer_of(kStanding);
  }
  train_step();
  train_step();
  const double peak = status_mib("VmHWM:") - before;

  const auto& images = subject.batches[0].inputs;
  ConvolutionFloor floor(network, images, torch::kFloat);
  ConvolutionFloor bf16_floor(network, images, torch::kBFloat16);
  const auto train =
      medians(setup.rounds, {whole(device, train_step), whole(device, [&] { floor.train(); }),
                             whole(device, [&] { bf16_floor.train(); })});
  network.eval();
  const auto rates = firing_rates(network, images);
  const auto infer_step = [&] {
    const torch::NoGradGuard no_grad;
    network.forward(images);
  };
  const auto infer =
      medians(setup.rounds, {whole(device, infer_step), whole(device, [&] { floor.infer(); }),
                             whole(device, [&] { bf16_floor.infer(); })});

  const auto& options = network.options();
  const auto batch = static_cast<double>(row.batch);
  nlohmann::ordered_json object{
      {"network", options.network},
      {"width", options.width},
      {"neuron", to_string(options.neuron.kind)},
      {"implementation", row.implementation},
      {"precision", row.precision},
      {"memory", setup.low_memory ? "low" : "normal"},
      {"steps", network.steps()},
      {"batch", row.batch},
      {"threads", at::get_num_threads()},
      {"device", setup.device},
      {"weights", subject.weights},
      {"trained", subject.trained},
      {"images", subject.trained || !setup.data.empty() ? "real" : "random"},
      {"load", load},
      {"firing_rate", rates["firing_rate"]},
      {"layers", rates["layers"]},
      {"train_images_per_s", batch / train[0]},
      {"infer_images_per_s", batch / infer[0]},
      {"train_floor_images_per_s", batch / train[1]},
      {"infer_floor_images_per_s", batch / infer[1]},
      {"train_bf16_floor_images_per_s", batch / train[2]},
      {"infer_bf16_floor_images_per_s", batch / infer[2]},
      {"train_floor_ratio", train[1] / train[0]},
      {"infer_floor_ratio", infer[1] / infer[0]},
      {"train_bf16_floor_ratio", train[2] / train[0]},
      {"infer_bf16_floor_ratio", infer[2] / infer[0]}};
  if (device.is_cpu()) object["peak_mib"] = peak;
  return object;
}

constexpr const char* kLine =
    "{:9} {:>5} {:8} {:9} {:4} {:>2} {:>4} {:>6} {:>9} {:>7} {:>7} {:>9} {:>7} {:>7} {:>8}  {}\n";

void print_head() {
  std::cout << fmt::format(kLine, "network", "width", "neuron", "by", "in", "T", "B", "fire",
                           "train/s", "/fp32", "/bf16", "infer/s", "/fp32", "/bf16", "peak MiB",
                           "weights");
}

void print_row(const nlohmann::ordered_json& row) {
  const auto number = [&](const char* key, int digits) {
    return fmt::format("{:.{}f}", row[key].get<double>(), digits);
  };
  const auto text = [&](const char* key) { return row[key].get<std::string>(); };
  std::cout << fmt::format(kLine, text("network"), number("width", 2), text("neuron"),
                           text("implementation"), text("precision"),
                           row["steps"].get<std::int64_t>(), row["batch"].get<std::int64_t>(),
                           fmt::format("{:.1f}%", 100 * row["firing_rate"].get<double>()),
                           number("train_images_per_s", 1), number("train_floor_ratio", 2),
                           number("train_bf16_floor_ratio", 2), number("infer_images_per_s", 1),
                           number("infer_floor_ratio", 2), number("infer_bf16_floor_ratio", 2),
                           row.contains("peak_mib") ? number("peak_mib", 0) : "-", text("weights"))
            << std::flush;
}

/// All rows for one network or one run.
std::vector<Case> cases_of(const Setup& setup, const Case& network) {
  std::vector<Case> cases;
  const bool on_cpu = torch::Device(setup.device).is_cpu();
  const auto steps = setup.steps.empty() ? std::vector<std::int64_t>{0} : setup.steps;
  for (const auto step : steps) {
    for (const auto batch : setup.batches) {
      for (const auto& implementation : setup.implementations) {
        for (const auto& precision : setup.precisions) {
          // On a CPU, eager programs compute in fp32; on a GPU they use any precision. fp16 needs
          // CUDA.
          if (on_cpu && implementation == "reference" && precision != "fp32") continue;
          if (on_cpu && precision == "fp16") continue;
          auto row = network;
          row.implementation = implementation;
          row.precision = precision;
          row.steps = step;
          row.batch = batch;
          cases.push_back(std::move(row));
        }
      }
    }
  }
  return cases;
}

std::vector<Case> all_cases(const Setup& setup) {
  std::vector<Case> networks;
  for (const auto& folder : setup.runs) {
    networks.emplace_back();
    networks.back().run = folder;
  }
  for (const double width : setup.runs.empty() ? setup.widths : std::vector<double>{}) {
    for (const auto& neuron : setup.neurons) {
      networks.emplace_back();
      networks.back().width = width;
      networks.back().neuron = neuron;
    }
  }
  std::vector<Case> cases;
  for (const auto& network : networks) {
    for (auto& row : cases_of(setup, network)) cases.push_back(std::move(row));
  }
  return cases;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  Setup setup;
  CLI::App app{"Training and inference speed beside the convolution floor, in images per second"};
  auto* runs = app.add_option("--run", setup.runs,
                              "Folders of trained runs, measured on their own data at the rate at "
                              "which they fire; without, networks are made of the options below")
                   ->type_name("DIR");
  app.add_option("--data", setup.data,
                 "Folder of a data set of real images: networks without a run are first trained on "
                 "them; without, they are fresh and the images random. With a run: where its data "
                 "lie now")
      ->type_name("DIR");
  app.add_option("--data-set", setup.data_set, "Which set lies there")->capture_default_str();
  app.add_option("--warm-up", setup.warm_up, "Training steps on real images before the measurement")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--network", setup.network, "Network")->excludes(runs)->capture_default_str();
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
  app.add_option("--steps", setup.steps, "Time steps (none: 4, or those of a run)")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", setup.batches, "Images in a training step")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
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

  auto rows = nlohmann::ordered_json::array();
  if (!setup.json) print_head();
  try {
    for (const auto& row : all_cases(setup)) {
      rows.push_back(measure(setup, row));
      if (!setup.json) print_row(rows.back());
    }
  } catch (const Error& error) {
    std::cerr << "bench_train_step: error: " << error.what() << '\n';
    return error.exit_code();
  }
  if (setup.json) std::cout << rows.dump(2) << '\n';
  return 0;
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
