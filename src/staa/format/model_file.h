#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/format/safetensors.h"

/// The file of a network that is ready to run. It is a safetensors file: its metadata holds the
/// graph, the preprocessing and the class names (key "staa.model", JSON), and its tensors are the
/// weights of the nodes, with BatchNorm folded in. docs/runtime.md describes every field.
namespace staa::format {

constexpr std::int64_t kModelVersion = 1;
constexpr const char* kModelKey = "staa.model";

struct Extent {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t pixels() const { return height * width; }
  std::int64_t values() const { return channels * pixels(); }
  bool operator==(const Extent& other) const {
    return channels == other.channels && height == other.height && width == other.width;
  }
};

enum class NodeKind {
  kConvolution,
  kNeuron,
  kPool,
  kHead,
  kWhitening,  ///< a frozen 2x2 convolution of the image without padding, then ReLU
  kCurrent,    ///< a current that is not a single convolution's: see CurrentSettings
};

/// The square window of a convolution or a pool. An average pool without padding also has windows
/// that the border cuts off, which average the values that they contain; with padding, zeros are
/// counted. A maximum pool has no padding and ignores incomplete windows.
struct Window {
  std::int64_t kernel = 0;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  bool maximum = false;  ///< maximum pool instead of average pool
};

/// A layer of neurons. Without the aggregator V = decay * H + gain * X + offset, where each factor
/// is a tensor [C]. With it V = SA(GC1(X + PE) + GC2(H)); a block that is switched off has no
/// tensors.
struct NeuronSettings {
  bool aggregate = false;
  double threshold = 1;
  double reset = 0;
  std::int64_t gc_reduced = 0;  ///< 0: no GC
  std::int64_t sa_reduced = 0;  ///< 0: no SA; the gate is sa_gain / 2
  double sa_alpha = 2;          ///< factor on SA's pooled input
  double sa_gain = 1;           ///< factor on SA's sigmoid
  bool pe_x = false;            ///< adds a table [steps, C] to X; the next two: to H, to their sum
  bool pe_h = false;
  bool pe_u = false;
};

/// A current: scale * y + bias per channel, where y is a convolution's output. With `max_pool`, y
/// is its maximum over 2x2 windows with stride 2, which ignore an odd last row or column. If there
/// is a second input, an earlier current, the result is gain * (the current + the earlier one). If
/// the earlier one has twice the height it is average-pooled over such windows, of which the last
/// one has a single row or column where the height or width is odd and rounded up; if it has fewer
/// channels, they are repeated, and if it has more, the last ones are left out.
struct CurrentSettings {
  bool max_pool = false;
  double gain = 1;
};

/// The format of a convolution's weights. The integer formats have one scale per output channel.
enum class Weights { kFp32, kBf16, kInt16, kInt8 };

/// "fp32", "bf16", "int16", "int8".
std::string weights_name(Weights weights);

/// The JSON of a model file. Throws Error(kInput) if the file has none.
const std::string& model_text(const SafetensorsReader& reader);

/// The index of a node's input: this value for the image, else that of an earlier node.
constexpr std::size_t kImage = static_cast<std::size_t>(-1);

struct Node {
  NodeKind kind = NodeKind::kConvolution;
  std::string name;
  std::vector<std::size_t> inputs;
  Window window;                     ///< for convolution, pool
  std::int64_t out = 0;              ///< channels of a convolution
  Weights weights = Weights::kFp32;  ///< for convolution
  NeuronSettings neuron;
  CurrentSettings current;
  Extent shape;  ///< of the output
};

struct ModelDescription {
  std::string network;
  std::string precision;  ///< "fp32", "bf16", "int16" or "int8"
  std::int64_t steps = 1;
  Extent input;
  std::vector<float> mean;  ///< one per channel: value = (byte / 255 - mean) / stddev
  std::vector<float> stddev;
  std::vector<std::string> classes;
  std::vector<Node> nodes;
};

/// A tensor that a node requires.
struct TensorNeed {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
};

/// The tensors of a node whose inputs have the shape `input`, in the order of docs/runtime.md.
std::vector<TensorNeed> tensors_of(const Node& node, const Extent& input,
                                   const ModelDescription& model);

/// Computes the shape of every node from `input` and the windows. Throws Error(kInput), which
/// starts with `source` and names the node, if the graph is inconsistent.
void infer_shapes(ModelDescription& model, const std::string& source);

/// Whether a convolution reads the image or the whitened image, which are the same at all time
/// steps.
bool reads_image(const ModelDescription& model, const Node& convolution);

/// The shape of a node's first input.
const Extent& input_shape(const ModelDescription& model, const Node& node);

/// A model file in memory. The constructor checks everything: the container, the version, the
/// syntax and shapes of the graph, and the tensors, which must be exactly those that the graph
/// needs, with the right type and shape and finite values. Memory is limited by the file's size,
/// and the activations of the graph by kMaxActivations.
class ModelFile {
 public:
  explicit ModelFile(const std::filesystem::path& path);
  ModelFile(const std::vector<std::uint8_t>& bytes, std::string source);
  explicit ModelFile(SafetensorsReader reader);

  const ModelDescription& model() const { return model_; }
  /// The file's name, for messages.
  const std::string& source() const { return reader_.source(); }
  /// The values of a tensor that tensors_of() lists.
  const float* floats(const std::string& name) const;
  const std::uint16_t* bf16s(const std::string& name) const;
  const std::int16_t* int16s(const std::string& name) const;
  const std::int8_t* bytes(const std::string& name) const;

 private:
  void check();

  SafetensorsReader reader_;
  ModelDescription model_;
};

/// The largest number of activation values, over all nodes, that a graph may have.
constexpr std::int64_t kMaxActivations = std::int64_t{1} << 26;

/// The graph as stored in the metadata.
std::string to_json(const ModelDescription& model);

}  // namespace staa::format
