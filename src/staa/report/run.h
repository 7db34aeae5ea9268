#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace staa::report {

/// The costs of one layer for one image (analysis::LayerProfile).
struct LayerCost {
  std::string name;
  std::string kind;
  std::string input;
  std::string output;
  std::int64_t parameters = 0;
  double macs = 0;
  double acs = 0;
  double firing_rate = -1;  ///< -1: not a layer of neurons
  double energy_mj = 0;
};

/// A test sample that the network misclassifies.
struct WrongSample {
  std::int64_t index = 0;
  std::int64_t label = 0;
  std::int64_t found = 0;
  double probability = 0;  ///< of the predicted class
  double loss = 0;
  std::string png;
};

/// A small picture with the range of values of its colours.
struct MapImage {
  std::string layer;
  std::string range;  ///< "0-0.0031"
  std::string png;
};

/// The maps of one kind, for all layers that have it, from shallow to deep.
struct MapStrip {
  std::string kind;  ///< "Grad-CAM"
  std::vector<MapImage> maps;
};

/// The network's maps for one test sample.
struct SampleMaps {
  std::int64_t index = 0;
  std::int64_t label = 0;
  std::int64_t found = 0;
  double probability = 0;  ///< of the predicted class
  std::string png;
  std::vector<MapStrip> strips;
};

/// Everything that a page shows about one run. Unknown items are empty; `missing` says why.
struct RunData {
  std::string name;
  std::string folder;
  std::map<std::string, std::string> keys;  ///< the recipe, key by key
  std::string recipe;                       ///< as TOML
  std::int64_t planned_epochs = 0;          ///< 0: unknown
  std::vector<nlohmann::ordered_json> metrics;
  std::vector<nlohmann::ordered_json> environments;

  std::string weights;             ///< the checkpoint that was measured
  std::int64_t weights_epoch = 0;  ///< its epoch
  std::int64_t parameters = 0;
  std::int64_t profiled_images = 0;
  double firing_rate = -1;  ///< over all neurons; -1: not measured
  double energy_mj = 0;     ///< per image
  std::vector<LayerCost> layers;
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> confusion;  ///< [label][found]
  std::vector<WrongSample> worst;
  std::vector<SampleMaps> samples;

  std::vector<std::string> missing;  ///< one sentence each
};

}  // namespace staa::report
