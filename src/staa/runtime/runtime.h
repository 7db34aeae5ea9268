#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "staa/util/exception.h"

/// Runs networks that `staa export` and `staa import` made, without LibTorch. A Model is loaded
/// once and serves any number of threads; each thread has a Session of its own. Every function
/// throws staa::Error.
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

/// How convolutions of spikes work. kAuto chooses for each layer and step by what fires.
enum class Path { kAuto, kSparse, kDense };

class Plan;
class GraphPlan;
class GraphRunner;

/// A checked, loaded network. Copies share the weights.
class Model {
 public:
  /// Throws Error(kIo) when the file cannot be read and Error(kInput), naming what is wrong, for
  /// one that is no model file, or does not fit together.
  static Model load(const std::string& path);
  /// The same for a file in memory; `source` stands for its name in messages.
  static Model load(const std::vector<std::uint8_t>& bytes, const std::string& source);

  const std::string& network() const;
  const std::string& precision() const;  ///< "fp32", "bf16", "int16" or "int8"
  std::size_t steps() const;             ///< T, unless Options::steps says otherwise
  /// Whether position encoding fixes T, so that a session takes no other.
  bool fixed_steps() const;
  Shape input() const;
  const std::vector<std::string>& classes() const;
  /// Bytes of weights, as the file holds them.
  std::size_t weight_bytes() const;

 private:
  friend class Session;
  static Model load(format::SafetensorsReader reader);
  explicit Model(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  explicit Model(std::shared_ptr<const GraphPlan> graph) : graph_(std::move(graph)) {}
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const GraphPlan> graph_;  // in place of the plan, of an imported network
};

struct Prediction {
  std::size_t label = 0;
  float probability = 0;             ///< of that class: softmax of the mean output
  std::size_t steps = 0;             ///< that it rests on
  std::vector<float> probabilities;  ///< one a class
};

/// What was done since begin() or reset().
struct Activity {
  std::uint64_t spikes = 0;   ///< fired by all neurons
  std::uint64_t neurons = 0;  ///< that could have, over all steps
  double macs = 0;            ///< multiply-adds of layers that read other than spikes
  double acs = 0;             ///< additions: spikes that arrive times the outputs they reach

  double firing_rate() const;
  /// At 4.6 pJ a multiply-add and 0.9 pJ an addition.
  double energy_mj() const;
};

struct Options {
  Path path = Path::kAuto;
  bool count_operations =
      true;  ///< fill in Activity's macs and acs, which costs a pass over spikes
  /// Steps of an input in place of the model's own (0). Where these are fixed, the constructor of a
  /// session throws Error(kUsage).
  std::size_t steps = 0;
};

/// One stream of inputs through a model: the neurons' membranes and the outputs so far. Not
/// thread-safe. Images and frames are [height, width, channels].
class Session {
 public:
  explicit Session(const Model& model, const Options& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Forgets everything: the next push is the first time step.
  void reset();

  /// Shows a still image, bytes 0 to 255, at every step from now on: begin(), then step() up to T
  /// times. Its first convolution is computed once.
  void begin(const std::uint8_t* image);
  /// One time step of the image shown. Throws Error(kUsage) after T steps; an imported network has
  /// no last one.
  Prediction step();

  /// One time step with a frame of its own: bytes of a camera, which the model's preprocessing
  /// takes, or values that are used as they are, such as counts of events.
  Prediction push(const std::uint8_t* image);
  Prediction push(const float* frame);

  /// All T steps of an image, layer by layer, which is faster than step by step and gives the same
  /// result. With a confidence above 0: step by step until the probability reaches it.
  Prediction classify(const std::uint8_t* image, float confidence = 0);

  const Activity& activity() const;
  /// What the network gave, one value a class, summed over the steps since begin() or reset().
  const std::vector<float>& output_sums() const;
  /// Bytes of membranes, spikes and work memory.
  std::size_t state_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<GraphRunner> graph_;  // in its place, of an imported network
};

/// Threads with a session each, among which a batch of images is divided: throughput grows with the
/// cores, whereas the time of one image stays. Memory: the model's weights once, and what one
/// session takes (state_bytes()) for every thread. Not thread-safe itself.
class Pool {
 public:
  /// 0 threads: as many as there are cores.
  explicit Pool(const Model& model, std::size_t threads = 0, const Options& options = {});

  std::size_t threads() const { return sessions_.size(); }
  /// Bytes of an image.
  std::size_t image_values() const { return values_; }

  /// Calls work(session, i) once for every i below `count`, begun in order, each call with the
  /// session of the thread it runs on. An exception stops what has not begun, and is thrown.
  void run(std::size_t count, const std::function<void(Session&, std::size_t)>& work);

  /// `count` images [height, width, channels] of bytes, one behind another; as Session::classify.
  std::vector<Prediction> classify(const std::uint8_t* images, std::size_t count,
                                   float confidence = 0);

  /// Bytes of all sessions' membranes, spikes and work memory.
  std::size_t state_bytes() const;

 private:
  std::size_t values_;
  std::vector<Session> sessions_;
};

}  // namespace staa::runtime
