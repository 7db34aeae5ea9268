#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "staa/util/exception.h"

/// Runs networks made by `staa export` and `staa import`, without LibTorch. A Model is loaded once
/// and used by any number of threads; each thread has its own Session. Every function throws
/// staa::Error.
namespace staa::format {
class SafetensorsReader;
}

namespace staa::runtime {

struct Shape {
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t values() const { return channels * height * width; }
};

/// How convolutions of spikes are computed. kAuto chooses for each layer by the number of spikes.
enum class Path { kAuto, kSparse, kDense };

class Plan;
class GraphPlan;
class GraphRunner;

/// A checked, loaded network. Copies share the weights.
class Model {
 public:
  /// Throws Error(kIo) if the file cannot be read. Throws Error(kInput), naming the reason, if it
  /// is not a model file or is inconsistent.
  static Model load(const std::string& path);
  /// The same for a file in memory, which messages call `source`.
  static Model load(const std::vector<std::uint8_t>& bytes, const std::string& source);

  const std::string& network() const;
  const std::string& precision() const;  ///< "fp32", "bf16", "int16" or "int8"
  std::size_t steps() const;             ///< T, unless Options::steps overrides it
  /// Whether a position encoding fixes T, so that Options::steps cannot change it.
  bool fixed_steps() const;
  Shape input() const;
  const std::vector<std::string>& classes() const;
  /// The size of the weights in the file, in bytes.
  std::size_t weight_bytes() const;

 private:
  friend class Session;
  static Model load(format::SafetensorsReader reader);
  explicit Model(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  explicit Model(std::shared_ptr<const GraphPlan> graph) : graph_(std::move(graph)) {}
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const GraphPlan> graph_;  // replaces plan_ for imported networks
};

struct Prediction {
  std::size_t label = 0;
  float probability = 0;             ///< of the label: softmax of the mean output
  std::size_t steps = 0;             ///< the number of time steps that have run
  std::vector<float> probabilities;  ///< one per class
};

/// The work done since begin() or reset().
struct Activity {
  std::uint64_t spikes = 0;   ///< fired by all neurons
  std::uint64_t neurons = 0;  ///< neurons that could have fired, summed over the steps
  double macs = 0;            ///< multiply-adds of layers whose input is not spikes
  double acs = 0;             ///< additions: the outputs that each spike reaches, summed

  double firing_rate() const;
  /// The energy at 4.6 pJ per multiply-add and 0.9 pJ per addition.
  double energy_mj() const;
};

struct Options {
  Path path = Path::kAuto;
  bool count_operations = true;  ///< count macs and acs, which takes a pass over the spikes
  /// The number of time steps per input; 0: the model's. If a position encoding fixes the model's
  /// steps, the constructor of Session throws Error(kUsage) for another number.
  std::size_t steps = 0;
};

/// One stream of inputs through a model, with the neurons' membranes and the sums of the outputs.
/// Not thread-safe. Images and frames are [height, width, channels].
class Session {
 public:
  explicit Session(const Model& model, const Options& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Clears the state: the next push is the first time step.
  void reset();

  /// Shows a still image, with bytes 0 to 255, in every step from now on: call begin(), then step()
  /// up to T times. The first convolution of the image is computed only once.
  void begin(const std::uint8_t* image);
  /// Runs one time step of the shown image. Throws Error(kUsage) after T steps, except for imported
  /// networks, which have no last step.
  Prediction step();

  /// Runs one time step with a frame of its own: bytes of a camera, which are normalised as the
  /// model requires, or values that are used unchanged, such as counts of events. Throws like
  /// step().
  Prediction push(const std::uint8_t* image);
  Prediction push(const float* frame);

  /// Runs all T steps of an image. This is computed layer by layer, which is faster than step by
  /// step and gives the same result. With a `confidence` above 0 it runs step by step until the
  /// probability reaches it, or T steps.
  Prediction classify(const std::uint8_t* image, float confidence = 0);

  const Activity& activity() const;
  /// The network's outputs, one per class, summed over the steps since begin() or reset().
  const std::vector<float>& output_sums() const;
  /// The size of membranes, spikes and work memory, in bytes.
  std::size_t state_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<GraphRunner> graph_;  // replaces impl_ for imported networks
};

/// Threads with one session each, which share the images of a batch. Throughput grows with the
/// number of cores, while the time for one image stays the same. Needs memory for the model's
/// weights once, and for one session per thread (state_bytes()). Not thread-safe itself.
class Pool {
 public:
  /// With 0 threads there are as many as cores.
  explicit Pool(const Model& model, std::size_t threads = 0, const Options& options = {});

  std::size_t threads() const { return sessions_.size(); }
  /// The number of bytes of an image.
  std::size_t image_values() const { return values_; }

  /// Calls work(session, i) once for every i below `count`, starting in order, with the session of
  /// the thread that makes the call. After an exception no further calls start, and it is rethrown.
  void run(std::size_t count, const std::function<void(Session&, std::size_t)>& work);

  /// Classifies `count` images [height, width, channels] of bytes, which follow each other in
  /// memory. `confidence` is that of Session::classify().
  std::vector<Prediction> classify(const std::uint8_t* images, std::size_t count,
                                   float confidence = 0);

  /// The size of all sessions' membranes, spikes and work memory, in bytes.
  std::size_t state_bytes() const;

 private:
  std::size_t values_;
  std::vector<Session> sessions_;
};

}  // namespace staa::runtime
