#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/model_file.h"

/// Version 2 of the model file: a network of any graph, as `staa import` makes it of files in NIR.
/// Layers stand in the order in which they run within a time step; edges back in time read what a
/// layer gave in the step before. docs/runtime.md describes every field.
namespace staa::format {

constexpr std::int64_t kGraphVersion = 2;

enum class LayerKind {
  kConvolution,  ///< weight [kh, kw, in / groups, out], bias [out]
  kLinear,       ///< weight [out, in], bias [out]; reads values of one dimension
  kScale,        ///< its input times `scale`
  kPool,         ///< the sum over each window, times `factor`
  kFlatten,      ///< joins the dimensions `first` to `last`, the last one running fastest
  kNeuron,
  kThreshold,  ///< 1 where the input is above `threshold`, else 0; no memory
  kDelay,      ///< hands on what it was given `delay` steps ago; 0 before
  kSum,        ///< its inputs
};

/// Along the rows (height) and the columns (width) of an image.
struct Axes {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
};

/// How a convolution or a pool goes over its input.
struct Sweep {
  Axes kernel;
  Axes stride;
  Axes before{0, 0};  ///< padding above and to the left
  Axes after{0, 0};   ///< below and to the right
  Axes dilation;
};

/// Neurons, each step: with a synapse i = synapse_decay * i + synapse_gain * x in place of x; then
/// v = decay * v + gain * x + offset. With spikes: above `threshold` a 1 is given and v becomes
/// `reset`, or with `subtract` v - threshold. Without: v is given. v and i begin at 0.
struct Dynamics {
  bool synapse = false;
  bool spikes = true;
  bool subtract = false;
};

/// Index of an input of the graph's layers: what the network is shown.
constexpr std::size_t kGraphInput = static_cast<std::size_t>(-1);

struct Layer {
  LayerKind kind = LayerKind::kSum;
  std::string name;
  std::vector<std::size_t> inputs;  ///< added up: kGraphInput, or layers that stand before it
  std::vector<std::size_t> late;    ///< added to them: what layers gave in the step before
  /// Of what it gives: [values], [channels, length] or [channels, height, width].
  std::vector<std::int64_t> shape;
  Sweep sweep;              ///< convolution, pool
  std::int64_t groups = 1;  ///< convolution
  double factor = 1;        ///< pool
  std::int64_t first = 0;   ///< flatten
  std::int64_t last = 0;
  std::int64_t longest = 0;  ///< delay: the most steps
  Dynamics dynamics;         ///< neuron
  /// Scale, neuron, threshold, delay: whether constants are [H, W, C], not [C].
  bool each = false;
};

struct GraphDescription {
  std::string network;
  std::int64_t steps = 1;           ///< that an input is shown for unless one says otherwise
  double dt = 0;                    ///< seconds of a step
  std::vector<std::int64_t> input;  ///< a shape, as that of a layer
  std::vector<float> mean;          ///< one a channel: value = (byte / 255 - mean) / stddev
  std::vector<float> stddev;
  std::vector<std::string> classes;  ///< one a value of the last layer, which is the output
  std::vector<Layer> layers;
};

/// [N] as N channels of one pixel, [C, L] as one row.
Extent extent_of(const std::vector<std::int64_t>& shape);

std::string describe_shape(const std::vector<std::int64_t>& shape);

/// The shape of a layer's input; null for one without inputs.
const std::vector<std::int64_t>* input_of(const GraphDescription& graph, const Layer& layer);

/// The shape that a layer gives for an input of that shape; of kConvolution and kLinear the first
/// extent is kept from layer.shape. Throws Error(kInput) "SOURCE: node 'NAME': ..." for one that it
/// cannot take.
std::vector<std::int64_t> shape_after(const Layer& layer, const std::vector<std::int64_t>& input,
                                      const std::string& source);

/// Checks that the graph fits together. Throws Error(kInput) that starts with `source` and names
/// the layer.
void check_graph(const GraphDescription& graph, const std::string& source);

std::vector<TensorNeed> tensors_of(const GraphDescription& graph, const Layer& layer);

std::string to_json(const GraphDescription& graph);

/// The version that a model file states; kModelVersion for what states none, which the reader of
/// that version refuses with a reason.
std::int64_t stated_version(const SafetensorsReader& reader);

/// A file of version 2 in memory, checked like a ModelFile.
class GraphFile {
 public:
  explicit GraphFile(SafetensorsReader reader);

  const GraphDescription& graph() const { return graph_; }
  const float* floats(const std::string& name) const;
  /// How many values a tensor of that name has.
  std::size_t size(const std::string& name) const;

 private:
  SafetensorsReader reader_;
  GraphDescription graph_;
};

}  // namespace staa::format
