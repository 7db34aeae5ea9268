#pragma once

#include <torch/types.h>

#include <functional>

namespace staa::nn {

/// A layer whose calls can be observed, for example by the profiler.
class Observable {
 public:
  /// Called after every forward pass with the layer's input and output, both [T, B, ...]. T = 1
  /// stands for a sequence that does not change over time.
  using Observer = std::function<void(const torch::Tensor& input, const torch::Tensor& output)>;

  Observable() = default;
  virtual ~Observable() = default;

  void set_observer(Observer observer) { observer_ = std::move(observer); }

  /// Called in every forward pass that records gradients, with the spikes that a budget counts: a
  /// neuron layer's output or a convolution's input. It may register a hook on their gradient.
  using SpikeHook = std::function<void(const torch::Tensor& spikes)>;

  void set_spike_hook(SpikeHook hook) { spike_hook_ = std::move(hook); }

 protected:
  // A copy starts without an observer.
  Observable(const Observable&) {}
  Observable& operator=(const Observable&) { return *this; }

  void notify(const torch::Tensor& input, const torch::Tensor& output) const {
    if (observer_) observer_(input, output);
  }

  void count_spikes(const torch::Tensor& spikes) const {
    if (spike_hook_ && spikes.requires_grad()) spike_hook_(spikes);
  }

 private:
  Observer observer_;
  SpikeHook spike_hook_;
};

}  // namespace staa::nn
