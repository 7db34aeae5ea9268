#include "staa/models/registry.h"

#include <functional>
#include <map>

#include "staa/models/resnet.h"
#include "staa/models/vgg.h"
#include "staa/options/network_table.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::models {
namespace {

using Factory = std::function<std::shared_ptr<Network>(const NetworkOptions&)>;

Factory resnet(const ResNetLayout& layout) {
  return
      [layout](const NetworkOptions& options) { return std::make_shared<ResNet>(layout, options); };
}

const std::map<std::string, Factory>& factories() {
  static const std::map<std::string, Factory> table{
      {"resnet18", resnet(resnet18_layout())},
      {"resnet19", resnet(resnet19_layout())},
      {"resnet20", resnet(resnet20_layout())},
      {"resnet34", resnet(resnet34_layout())},
      {"vgg13", [](const NetworkOptions& options) { return std::make_shared<Vgg13>(options); }},
      {"vgg7", [](const NetworkOptions& options) { return std::make_shared<Vgg7>(options); }},
  };
  return table;
}

}  // namespace

std::shared_ptr<Network> make_network(const NetworkOptions& options) {
  validate(options);
  const auto found = factories().find(options.network);
  if (found == factories().end()) {
    fail(ErrorKind::kUsage, "unknown network '{}'{} known: {}", options.network,
         did_you_mean(options.network, network_names()), join_choices(network_names()));
  }
  return found->second(options);
}

std::vector<NamedNeurons> neuron_layers(const Network& network) {
  std::vector<NamedNeurons> layers;
  for (const auto& item : network.named_modules("", /*include_self=*/false)) {
    auto layer = std::dynamic_pointer_cast<nn::Neuron>(item.value());
    // Remove ".neuron" from names such as "stem.0.neuron".
    if (layer) layers.push_back({item.key().substr(0, item.key().rfind('.')), layer});
  }
  return layers;
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace staa::models
