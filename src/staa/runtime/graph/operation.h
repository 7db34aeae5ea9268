#pragma once

#include <memory>
#include <vector>

#include "staa/format/graph.h"
#include "staa/runtime/graph/signal.h"

namespace staa::runtime {

/// The state of a layer between time steps, all 0 before the first.
struct Memory {
  kernels::LineVector<float> membrane;
  kernels::LineVector<float> synapse;
  kernels::LineVector<float> past;  ///< for a delay: its last inputs, as a ring
  std::size_t next = 0;             ///< the oldest of them
  std::vector<std::uint8_t> marks;  ///< work memory of a pool: the outputs that are listed already

  std::size_t bytes() const {
    return (membrane.size() + synapse.size() + past.size()) * sizeof(float) + marks.size();
  }
};

/// A layer of a graph with its weights, shared by all sessions.
class Operation {
 public:
  virtual ~Operation() = default;

  /// Whether the output is listed, depending on whether the input is.
  virtual bool lists(bool input_listed) const = 0;
  /// Whether the output is only 0 and 1, depending on whether the input is.
  virtual bool binary(bool input_binary) const { return false; }
  /// Whether the same input always gives the same output.
  virtual bool stands_still() const { return true; }
  virtual Memory memory() const { return {}; }

  virtual void run(const Signal& in, Memory& memory, Signal& out) const = 0;

  /// The number of products of a value and a weight in a step with that input.
  virtual double products(const Signal& in) const { return 0; }
};

std::unique_ptr<Operation> make_convolution(const format::GraphFile& file,
                                            const format::Layer& layer);
std::unique_ptr<Operation> make_linear(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_scale(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_pool(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_flatten(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_neurons(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_threshold(const format::GraphFile& file,
                                          const format::Layer& layer);
std::unique_ptr<Operation> make_delay(const format::GraphFile& file, const format::Layer& layer);
std::unique_ptr<Operation> make_sum(const format::GraphFile& file, const format::Layer& layer);

/// Calls the function above for the layer's kind.
std::unique_ptr<Operation> make_operation(const format::GraphFile& file,
                                          const format::Layer& layer);

}  // namespace staa::runtime
