#include "staa/run/trained.h"

#include "staa/models/registry.h"
#include "staa/run/description.h"
#include "staa/run/network.h"
#include "staa/run/run_folder.h"
#include "staa/train/checkpoint.h"

namespace staa::run {

namespace {

/// The recipe for a set of weights. This is the run's current recipe if it is compatible with the
/// one stored with the weights, since it may have been changed on resuming: for example, it has the
/// current path of the data.
recipe::Recipe current_recipe(const RunFolder& folder, const std::string& stored,
                              const std::filesystem::path& weights,
                              const std::vector<std::string>& overrides) {
  const auto source = weights.string() + " (recipe)";
  if (std::filesystem::exists(folder.recipe())) {
    const auto now = recipe::load_recipe(folder.recipe());
    if (recipe::may_go_on(recipe::parse_recipe(stored, source), now)) {
      return recipe::load_recipe(folder.recipe(), overrides);
    }
  }
  return recipe::parse_recipe(stored, source, overrides);
}

}  // namespace

Trained open_trained(const std::filesystem::path& run, const std::string& which,
                     const std::vector<std::string>& overrides) {
  Trained trained;
  trained.weights = RunFolder(run).weights(which);
  auto description = load_description(trained.weights);
  trained.recipe = current_recipe(RunFolder(run), description.recipe, trained.weights, overrides);
  trained.input = std::move(description.input);
  trained.network = models::make_network(network_options(trained.recipe, trained.input));
  trained.progress = train::load_weights(trained.weights, *trained.network);
  return trained;
}

}  // namespace staa::run
