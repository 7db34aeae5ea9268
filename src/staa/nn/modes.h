#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "staa/options/execution.h"
#include "staa/options/neuron.h"

/// How staa's layers inside any module run, changed for all of them at once.
namespace staa::nn {

/// A module that shows inputs which do not change over time for a number of time steps.
class Unrolled {
 public:
  Unrolled() = default;
  virtual ~Unrolled() = default;

  virtual void set_steps(std::int64_t steps) = 0;

 protected:
  Unrolled(const Unrolled&) = default;
  Unrolled& operator=(const Unrolled&) = default;
};

/// T of inputs that do not change over time, for `module` and every layer in it.
void set_steps(torch::nn::Module& module, std::int64_t steps);

/// What all neurons in `module` hand on.
void set_activation(torch::nn::Module& module, Activation activation);

/// What convolutions in `module` compute in.
void set_precision(torch::nn::Module& module, Precision precision);

/// The rows of learned position encodings from `known` on become copies of row known - 1: where T
/// grows, the new time steps begin as the last one that was trained.
void repeat_encodings(torch::nn::Module& module, std::int64_t known);

}  // namespace staa::nn
