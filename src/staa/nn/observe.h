#pragma once

#include <torch/torch.h>

#include <functional>

namespace staa::nn {

/// A layer that shows each of its calls to whoever asks, as the profiler does.
class Observable {
 public:
  /// Called after every forward pass with the layer's input and output; both [T, B, ...], T = 1 for
  /// a sequence that does not change over time.
  using Observer = std::function<void(const torch::Tensor& input, const torch::Tensor& output)>;

  Observable() = default;
  virtual ~Observable() = default;

  void set_observer(Observer observer) { observer_ = std::move(observer); }

 protected:
  // A copy has nobody who observes it yet.
  Observable(const Observable&) {}
  Observable& operator=(const Observable&) { return *this; }

  void notify(const torch::Tensor& input, const torch::Tensor& output) const {
    if (observer_) observer_(input, output);
  }

 private:
  Observer observer_;
};

}  // namespace staa::nn
