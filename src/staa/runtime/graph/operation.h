#pragma once

#include <memory>
#include <vector>

#include "staa/format/graph.h"
#include "staa/runtime/graph/signal.h"

namespace staa::runtime {

/// What a layer keeps from step to step; all 0 before the first.
struct Memory {
  kernels::LineVector<float> membrane;
  kernels::LineVector<float> synapse;
  kernels::LineVector<float> past;  ///< of a delay: one image of values a step, in turn
  std::size_t next = 0;             ///< which one is the oldest
  std::vector<std::uint8_t> marks;  ///< work memory of a pool: what is listed already

  std::size_t bytes() const {
    return (membrane.size() + synapse.size() + past.size()) * sizeof(float) + marks.size();
  }
};

/// A layer of a graph with its weights, shared by all sessions.
class Operation {
 public:
  virtual ~Operation() = default;

  /// Whether it lists what it gives, where its input is listed or not.
  virtual bool lists(bool input_listed) const = 0;
  /// Whether it gives 0 and 1 alone, where its input does or does not.
  virtual bool binary(bool input_binary) const { return false; }
  /// Whether the same input always gives the same.
  virtual bool stands_still() const { return true; }
  virtual Memory memory() const { return {}; }

  virtual void run(const Signal& in, Memory& memory, Signal& out) const = 0;

  /// Products of a value and a weight in a step with that input.
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

/// Any of them.
std::unique_ptr<Operation> make_operation(const format::GraphFile& file,
                                          const format::Layer& layer);

}  // namespace staa::runtime
