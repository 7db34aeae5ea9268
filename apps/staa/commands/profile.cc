#include "staa/analysis/profile.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/profile.h"
#include "staa/analysis/energy.h"
#include "staa/data/sets/adapt.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/run/device.h"
#include "staa/run/network.h"
#include "staa/run/trained.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

/// What is profiled, and where its weights come from.
struct Subject {
  recipe::Recipe recipe;
  std::shared_ptr<models::Network> network;
  std::shared_ptr<const data::Source> images;
  std::string weights;
};

constexpr const char* kStandIn = "fashion-mnist";

/// Opens the recipe's data. If the set is not available, uses Fashion-MNIST in its shape and says
/// so: counts that depend on spikes then refer to those images.
inputs::Sources find_data(const recipe::Recipe& recipe) {
  try {
    return inputs::open_data(recipe);
  } catch (const Error& error) {
    const auto facts = data::published_facts(recipe.data.set);
    if (!facts || !recipe.data.path.empty()) throw;
    data::DataOptions options;
    options.set = kStandIn;
    std::shared_ptr<const data::Dataset> images;
    try {
      images = data::open_dataset(options).test;
    } catch (const Error&) {
      throw error;  // the error about the recipe's own set is more useful
    }
    std::cerr << fmt::format(
        "staa: note: {} is not available; using {} images in its shape (use --set "
        "data.path=DIR)\n",
        recipe.data.set, kStandIn);
    images = std::make_shared<data::Adapted>(images, facts->shape, facts->classes);
    return inputs::image_sources({images, images}, recipe);
  }
}

Subject open_recipe(const ProfileOptions& options) {
  Subject subject;
  subject.recipe = recipe::load_recipe(options.target, options.overrides);
  const auto data = find_data(subject.recipe);
  subject.images = data.test;
  torch::manual_seed(static_cast<std::uint64_t>(subject.recipe.seed));
  subject.network = models::make_network(run::network_options(subject.recipe, data.input));
  subject.weights = "initial";
  return subject;
}

Subject open_run(const ProfileOptions& options) {
  auto trained = run::open_trained(options.target, options.checkpoint, options.overrides);
  const auto images = inputs::open_data(trained.recipe, &trained.input).test;
  return {std::move(trained.recipe), trained.network, images, trained.weights.string()};
}

nlohmann::ordered_json to_json(const analysis::Operations& operations) {
  const analysis::Cost cost{operations.macs, operations.acs, 0};
  return {{"macs", operations.macs}, {"acs", operations.acs}, {"energy_mj", cost.compute_mj()}};
}

nlohmann::ordered_json to_json(const analysis::AttentionCount& attention) {
  auto object = to_json(attention.sum());
  object["gc"] = to_json(attention.gc);
  object["pe"] = to_json(attention.pe);
  object["sa"] = to_json(attention.sa);
  return object;
}

nlohmann::ordered_json to_json(const analysis::Cost& cost, double picojoules_per_byte) {
  const double memory = cost.memory_mj(picojoules_per_byte);
  return {{"macs", cost.macs},   {"acs", cost.acs},
          {"bytes", cost.bytes}, {"compute_mj", cost.compute_mj()},
          {"memory_mj", memory}, {"energy_mj", cost.compute_mj() + memory}};
}

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nullptr;
}

nlohmann::ordered_json to_json(const analysis::EnergyBalance& balance) {
  const double price = balance.picojoules_per_byte;
  return {{"picojoules_per_byte", price},
          {"spiking", to_json(balance.spiking, price)},
          {"ann", to_json(balance.ann, price)},
          {"break_even",
           {{"firing_rate", or_null(balance.break_even.compute)},
            {"firing_rate_with_memory", or_null(balance.break_even.with_memory)}}}};
}

nlohmann::ordered_json to_json(const analysis::Profile& profile, const Subject& subject,
                               const analysis::EnergyBalance& balance) {
  auto layers = nlohmann::ordered_json::array();
  for (const auto& layer : profile.layers) {
    nlohmann::ordered_json row{{"name", layer.name},
                               {"kind", layer.kind},
                               {"input", layer.input},
                               {"output", layer.output},
                               {"parameters", layer.parameters},
                               {"flops", layer.flops},
                               {"macs", layer.macs},
                               {"acs", layer.acs},
                               {"energy_mj", layer.energy_mj},
                               {"bytes", layer.bytes},
                               {"ann_macs", layer.ann_macs},
                               {"ann_bytes", layer.ann_bytes}};
    if (layer.kind == "neuron") {
      row["firing_rate"] = layer.firing_rate;
      row["attention"] = to_json(layer.attention);
    }
    layers.push_back(std::move(row));
  }
  return {{"network", subject.recipe.model.network},
          {"width", subject.recipe.model.width},
          {"steps", subject.recipe.model.steps},
          {"parameters", profile.parameters},
          {"flops", profile.flops},
          {"macs", profile.macs},
          {"acs", profile.acs},
          {"energy_mj", profile.energy_mj},
          {"firing_rate", profile.firing_rate},
          {"images", profile.images},
          {"data", subject.images->name()},
          {"weights", subject.weights},
          {"attention", to_json(balance.attention)},
          {"balance", to_json(balance)},
          {"layers", layers}};
}

std::string millions(double value) { return fmt::format("{:.3f}", value / 1e6); }

std::string rate_text(const std::optional<double>& rate) {
  if (!rate) return "none: the ANN needs less energy even if no neuron fires";
  return fmt::format("{:.2f} %{}", 100 * *rate,
                     *rate > 1 ? " (above 100 %: spikes win at any rate)" : "");
}

void print_balance(const analysis::EnergyBalance& balance) {
  const double price = balance.picojoules_per_byte;
  const auto operations = [](const char* name, const analysis::Operations& count) {
    std::cout << fmt::format("  {:<4} {:>10} M MACs {:>10} M ACs {:>9.5f} mJ\n", name,
                             millions(count.macs), millions(count.acs),
                             analysis::Cost{count.macs, count.acs, 0}.compute_mj());
  };
  std::cout << "\nattention, its elementwise operations as well\n";
  operations("GC", balance.attention.gc);
  operations("PE", balance.attention.pe);
  operations("SA", balance.attention.sa);
  const auto line = [&](const char* name, const analysis::Cost& cost) {
    const double memory = cost.memory_mj(price);
    std::cout << fmt::format(
        "  {:<8} {:.4f} mJ of operations + {:.4f} mJ to move {:.3f} MB = "
        "{:.4f} mJ\n",
        name, cost.compute_mj(), memory, cost.bytes / 1e6, cost.compute_mj() + memory);
  };
  std::cout << fmt::format("the whole bill, {} pJ a byte\n", price);
  line("spiking", balance.spiking);
  line("ANN", balance.ann);
  std::cout << fmt::format(
      "firing rate at break-even\n  operations alone  {}\n  with memory       {}\n",
      rate_text(balance.break_even.compute), rate_text(balance.break_even.with_memory));
}

void print_table(const analysis::Profile& profile, const Subject& subject) {
  std::cout << fmt::format("{} of width {}, T = {}; {} images of {}; weights: {}\n\n",
                           subject.recipe.model.network, subject.recipe.model.width,
                           subject.recipe.model.steps, profile.images, subject.images->name(),
                           subject.weights);
  const char* row = "{:<30} {:<11} {:<7} {:>12} {:>11} {:>9} {:>9} {:>9} {:>8} {:>10}\n";
  std::cout << fmt::format(fmt::runtime(row), "layer", "kind", "reads", "output", "parameters",
                           "FLOPs M", "MACs M", "ACs M", "firing", "energy mJ");
  for (const auto& layer : profile.layers) {
    const bool neuron = layer.kind == "neuron";
    std::cout << fmt::format(fmt::runtime(row), layer.name, layer.kind, layer.input, layer.output,
                             with_thousands(layer.parameters), millions(layer.flops),
                             millions(layer.macs), millions(layer.acs),
                             neuron ? fmt::format("{:.2f} %", 100 * layer.firing_rate) : "",
                             fmt::format("{:.5f}", layer.energy_mj));
  }
  std::cout << fmt::format(
      "\nparameters  {:.3f} M\nFLOPs       {:.3f} G\nMACs        {:.3f} G\nACs         {:.3f} G\n"
      "firing rate {:.2f} %\nenergy      {:.4f} mJ an image = {} pJ x MACs + {} pJ x ACs\n",
      static_cast<double>(profile.parameters) / 1e6, profile.flops / 1e9, profile.macs / 1e9,
      profile.acs / 1e9, 100 * profile.firing_rate, profile.energy_mj, analysis::kPicojoulesPerMac,
      analysis::kPicojoulesPerAc);
}

}  // namespace

int profile_command(const ProfileOptions& options) {
  const bool run = std::filesystem::is_directory(options.target);
  const auto subject = run ? open_run(options) : open_recipe(options);
  run::set_threads(subject.recipe.threads);
  const auto loader = analysis::profile_loader(subject.images, subject.recipe);
  if (!run) analysis::calibrate_normalisation(*subject.network, *loader, options.images);
  const auto profile = analysis::profile(*subject.network, *loader, options.images);
  const auto balance = analysis::balance_energy(profile, options.picojoules_per_byte);
  if (options.json) {
    std::cout << to_json(profile, subject, balance).dump(2) << '\n';
  } else {
    print_table(profile, subject);
    print_balance(balance);
  }
  return 0;
}

}  // namespace staa::app
