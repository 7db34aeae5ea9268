#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace staa::report {

/// What one image costs in a layer (analysis::LayerProfile).
struct LayerCost {
  std::string name;
  std::string kind;
  std::string input;
  std::string output;
  std::int64_t parameters = 0;
  double macs = 0;
  double acs = 0;
  double firing_rate = -1;  ///< -1: no layer of neurons
  double energy_mj = 0;
};

/// A test sample that the network gets wrong.
struct WrongSample {
  std::int64_t index = 0;
  std::int64_t label = 0;
  std::int64_t found = 0;
  double probability = 0;  ///< of the class found
  double loss = 0;
  std::string png;
};

/// A small picture and the values that its colours stand for.
struct MapImage {
  std::string layer;
  std::string range;  ///< "0-0.0031"
  std::string png;
};

/// Maps of one kind, of all layers that have it, from shallow to deep.
struct MapStrip {
  std::string kind;  ///< "Grad-CAM"
  std::vector<MapImage> maps;
};

/// What the network sees in one test sample.
struct SampleMaps {
  std::int64_t index = 0;
  std::int64_t label = 0;
  std::int64_t found = 0;
  double probability = 0;  ///< of the class found
  std::string png;
  std::vector<MapStrip> strips;
};

/// Everything that a page says of one run. What is empty is not known; `missing` says why.
struct Run {
  std::string name;
  std::string folder;
  std::map<std::string, std::string> keys;  ///< the recipe, key by key
  std::string recipe;                       ///< as TOML
  std::int64_t planned_epochs = 0;          ///< 0: not known
  std::vector<nlohmann::ordered_json> metrics;
  std::vector<nlohmann::ordered_json> environments;

  std::string weights;             ///< the checkpoint that the rest is measured with
  std::int64_t weights_epoch = 0;  ///< its epoch
  std::int64_t parameters = 0;
  std::int64_t profiled_images = 0;
  double firing_rate = -1;  ///< over all neurons; -1: not measured
  double energy_mj = 0;     ///< of one image
  std::vector<LayerCost> layers;
  std::vector<std::string> classes;
  std::vector<std::vector<std::int64_t>> confusion;  ///< [label][found]
  std::vector<WrongSample> worst;
  std::vector<SampleMaps> samples;

  std::vector<std::string> missing;  ///< one sentence each
};

}  // namespace staa::report
