#include <algorithm>

#include "staa/runtime/graph/constants.h"
#include "staa/runtime/graph/operation.h"

namespace staa::runtime {
namespace {

kernels::Integration extents(const format::Layer& layer) {
  const auto extent = format::extent_of(layer.shape);
  kernels::Integration step;
  step.pixels = size_of(extent.pixels());
  step.channels = size_of(extent.channels);
  step.each = layer.each;
  return step;
}

/// Sets the listed values to 1.
void write_ones(Signal& out) {
  for (std::size_t n = 0; n < out.count; ++n) out.values[out.active[n]] = 1;
}

class Neurons : public Operation {
 public:
  Neurons(const format::GraphFile& file, const format::Layer& layer) : step_(extents(layer)) {
    const auto load = [&](const std::string& part) {
      constants_.push_back(tensor(file, layer, part));
      return constants_.back().data();
    };
    constants_.reserve(7);
    if (layer.dynamics.synapse) {
      step_.synapse_decay = load("synapse_decay");
      step_.synapse_gain = load("synapse_gain");
    }
    step_.decay = load("decay");
    step_.gain = load("gain");
    step_.offset = load("offset");
    if (!layer.dynamics.spikes) return;
    step_.threshold = load("threshold");
    if (!layer.dynamics.subtract) step_.reset = load("reset");
  }

  bool lists(bool) const override { return step_.threshold != nullptr; }
  bool binary(bool) const override { return step_.threshold != nullptr; }
  bool stands_still() const override { return false; }

  Memory memory() const override {
    Memory memory;
    memory.membrane.resize(step_.values());
    if (step_.synapse_decay != nullptr) memory.synapse.resize(step_.values());
    return memory;
  }

  void run(const Signal& in, Memory& memory, Signal& out) const override {
    if (out.listed) out.clear();
    const auto count = kernels::integrate(step_, in.values.data(), memory.synapse.data(),
                                          memory.membrane.data(), out.active.data());
    if (out.listed) {
      out.count = count;
      write_ones(out);
    } else {
      std::copy(memory.membrane.begin(), memory.membrane.end(), out.values.begin());
    }
  }

 private:
  kernels::Integration step_;
  std::vector<kernels::LineVector<float>> constants_;  // step_ points to these
};

class Threshold : public Operation {
 public:
  Threshold(const format::GraphFile& file, const format::Layer& layer)
      : step_(extents(layer)), threshold_(tensor(file, layer, "threshold")) {
    step_.threshold = threshold_.data();
  }

  bool lists(bool) const override { return true; }
  bool binary(bool) const override { return true; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    out.clear();
    out.count = kernels::above_threshold(step_, in.values.data(), out.active.data());
    write_ones(out);
  }

 private:
  kernels::Integration step_;
  kernels::LineVector<float> threshold_;
};

}  // namespace

std::unique_ptr<Operation> make_neurons(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<Neurons>(file, layer);
}

std::unique_ptr<Operation> make_threshold(const format::GraphFile& file,
                                          const format::Layer& layer) {
  return std::make_unique<Threshold>(file, layer);
}

}  // namespace staa::runtime
