#include "staa/train/trained.h"

#include "staa/models/registry.h"
#include "staa/train/run_folder.h"
#include "staa/train/setup.h"

namespace staa::train {

Trained open_trained(const std::filesystem::path& run, const std::string& which,
                     const std::vector<std::string>& overrides) {
  Trained trained;
  trained.weights = RunFolder(run).weights(which);
  auto description = load_description(trained.weights);
  trained.recipe =
      recipe::parse_recipe(description.recipe, trained.weights.string() + " (recipe)", overrides);
  trained.input = std::move(description.input);
  trained.network = models::make_network(network_options(trained.recipe, trained.input));
  trained.progress = load_weights(trained.weights, *trained.network);
  return trained;
}

}  // namespace staa::train
