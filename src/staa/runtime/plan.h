#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/model_file.h"
#include "staa/kernels/inference/sparse_convolution.h"
#include "staa/runtime/neuron_layer.h"
#include "staa/runtime/runtime.h"
#include "staa/util/block.h"

namespace staa::runtime {

/// A convolution with its weights in the order that the kernels need.
struct Convolution {
  kernels::SparseConvolution shape;
  bool of_image = false;
  format::Weights weights_of = format::Weights::kFp32;
  bool binary = true;        ///< the levels of its input are 0 or 1
  Block weights;             ///< float, int16 (also for bf16) or int8
  std::vector<float> scale;  ///< per output, applied to its sum; empty: 1
  std::vector<float> bias;

  const float* fp32() const { return reinterpret_cast<const float*>(weights.data()); }
  const std::int16_t* halves() const {
    return reinterpret_cast<const std::int16_t*>(weights.data());
  }
  const std::int8_t* bytes() const { return reinterpret_cast<const std::int8_t*>(weights.data()); }
};

/// The layout of a layer's spikes, and the value of one level.
struct Spikes {
  kernels::LevelsShape shape;
  float value = 1;
};

/// The tensors of a node of kind kWhitening or kCurrent.
struct Dense {
  std::vector<float> weight;  ///< [2, 2, in, out] for a whitening stem, scale [C] for a current
  std::vector<float> bias;    ///< for a current
};

struct Head {
  std::vector<float> weight;  ///< [classes, C]
  std::vector<float> bias;
};

/// A model file in the form that sessions run. Index i of a vector belongs to node i of the graph.
class Plan {
 public:
  explicit Plan(const format::ModelFile& file);

  const format::ModelDescription& model() const { return model_; }
  const Convolution& convolution(std::size_t node) const { return convolutions_[slot_[node]]; }
  const NeuronLayer& neurons(std::size_t node) const { return neurons_[slot_[node]]; }
  const Spikes& spikes(std::size_t node) const { return spikes_[node]; }
  const Dense& dense(std::size_t node) const { return dense_[slot_[node]]; }
  const Head& head() const { return head_; }
  std::size_t weight_bytes() const { return weight_bytes_; }
  /// The normalised value of a byte of an image.
  float value_of(std::size_t channel, std::uint8_t byte) const {
    return values_[channel * kByteValues + byte];
  }

 private:
  static constexpr std::size_t kByteValues = 256;

  void list_values();
  void place_spikes();
  std::size_t most_level(const format::Node& convolution) const;
  void add_convolution(const format::ModelFile& file, const format::Node& node);

  format::ModelDescription model_;
  std::vector<float> values_;      // [channel, byte]
  std::vector<std::size_t> slot_;  // of each node in the vector of its kind
  std::vector<Convolution> convolutions_;
  std::vector<NeuronLayer> neurons_;
  std::vector<Spikes> spikes_;
  std::vector<Dense> dense_;
  Head head_;
  std::size_t weight_bytes_ = 0;
};

}  // namespace staa::runtime
