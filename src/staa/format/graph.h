#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/format/model_file.h"

/// Version 2 of the model file: a network with any graph, which `staa import` makes from NIR files.
/// Layers are in the order in which they run within a time step. Recurrent connections read a
/// layer's output of the previous time step. docs/runtime.md describes every field.
namespace staa::format {

constexpr std::int64_t kGraphVersion = 2;

enum class LayerKind {
  kConvolution,  ///< weight [kh, kw, in / groups, out], bias [out]
  kLinear,       ///< weight [out, in], bias [out]; reads one-dimensional input
  kScale,        ///< input times `scale`
  kPool,         ///< sum over each window, times `factor`
  kFlatten,      ///< joins the dimensions `first` to `last` in row-major order
  kNeuron,
  kThreshold,  ///< 1 if the input is above `threshold`, else 0; stateless
  kDelay,      ///< its input of `delay` time steps ago; 0 before
  kSum,        ///< the sum of its inputs
};

/// Values for the rows (height) and the columns (width) of an image.
struct Axes {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
};

/// How a convolution or a pool moves over its input.
struct Sweep {
  Axes kernel;
  Axes stride;
  Axes before{0, 0};  ///< padding above and to the left
  Axes after{0, 0};   ///< padding below and to the right
  Axes dilation;
};

/// The update of neurons in each time step. With a synapse, i = synapse_decay * i + synapse_gain *
/// x, and i takes the place of x below. Then v = decay * v + gain * x + offset. With spikes, v
/// above `threshold` gives 1, and v becomes `reset` or, with `subtract`, v - threshold. Without
/// spikes the output is v. v and i start at 0.
struct Dynamics {
  bool synapse = false;
  bool spikes = true;
  bool subtract = false;
};

/// The index that stands for the network's input among the inputs of a layer.
constexpr std::size_t kGraphInput = static_cast<std::size_t>(-1);

struct Layer {
  LayerKind kind = LayerKind::kSum;
  std::string name;
  std::vector<std::size_t> inputs;  ///< they are summed: kGraphInput, or earlier layers
  std::vector<std::size_t> late;    ///< added to them: layers' outputs of the previous step
  /// Shape of the output: [values], [channels, length] or [channels, height, width].
  std::vector<std::int64_t> shape;
  Sweep sweep;              ///< for convolution, pool
  std::int64_t groups = 1;  ///< for convolution
  double factor = 1;        ///< for pool
  std::int64_t first = 0;   ///< for flatten
  std::int64_t last = 0;
  std::int64_t longest = 0;  ///< for delay: the maximum number of time steps
  Dynamics dynamics;         ///< for neuron
  /// For scale, neuron, threshold and delay: whether constants are [H, W, C] instead of [C].
  bool each = false;
};

struct GraphDescription {
  std::string network;
  std::int64_t steps = 1;           ///< default number of time steps for an input
  double dt = 0;                    ///< length of a time step in seconds
  std::vector<std::int64_t> input;  ///< shape of the input, like that of a layer
  std::vector<float> mean;          ///< one per channel: value = (byte / 255 - mean) / stddev
  std::vector<float> stddev;
  std::vector<std::string> classes;  ///< one per value of the last layer, which is the output
  std::vector<Layer> layers;
};

/// Interprets [N] as N channels of one pixel, and [C, L] as one row.
Extent extent_of(const std::vector<std::int64_t>& shape);

std::string describe_shape(const std::vector<std::int64_t>& shape);

/// The shape of a layer's input; null if it has no inputs.
const std::vector<std::int64_t>* input_of(const GraphDescription& graph, const Layer& layer);

/// The output shape of a layer for an input of this shape. For kConvolution and kLinear the first
/// extent is that of layer.shape. Throws Error(kInput) "SOURCE: node 'NAME': ..." if the layer
/// cannot read such an input.
std::vector<std::int64_t> shape_after(const Layer& layer, const std::vector<std::int64_t>& input,
                                      const std::string& source);

/// Checks that the graph is consistent. Throws Error(kInput), which starts with `source` and names
/// the layer, if it is not.
void check_graph(const GraphDescription& graph, const std::string& source);

std::vector<TensorNeed> tensors_of(const GraphDescription& graph, const Layer& layer);

std::string to_json(const GraphDescription& graph);

/// The version that a model file states. If it states none, the result is kModelVersion, whose
/// reader then refuses the file with a reason.
std::int64_t stated_version(const SafetensorsReader& reader);

/// A file of version 2 in memory, which is checked like a ModelFile.
class GraphFile {
 public:
  explicit GraphFile(SafetensorsReader reader);

  const GraphDescription& graph() const { return graph_; }
  const float* floats(const std::string& name) const;
  /// The number of values in the tensor with that name.
  std::size_t size(const std::string& name) const;

 private:
  SafetensorsReader reader_;
  GraphDescription graph_;
};

}  // namespace staa::format
