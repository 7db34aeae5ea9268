#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "staa/options/execution.h"
#include "staa/options/neuron.h"

/// Functions that change how all of staa's layers inside a module run.
namespace staa::nn {

/// A module that shows an unchanging input for a number of time steps.
class Unrolled {
 public:
  Unrolled() = default;
  virtual ~Unrolled() = default;

  virtual void set_steps(std::int64_t steps) = 0;

 protected:
  Unrolled(const Unrolled&) = default;
  Unrolled& operator=(const Unrolled&) = default;
};

/// A module whose operators can be chosen.
class Operated {
 public:
  Operated() = default;
  virtual ~Operated() = default;

  /// Sets the implementation of this module's own neurons, convolutions and pools.
  virtual void set_operators(Operators operators) { operators_ = operators; }
  Operators operators() const { return operators_; }

 protected:
  Operated(const Operated&) = default;
  Operated& operator=(const Operated&) = default;

 private:
  Operators operators_ = Operators::kFused;
};

/// Sets T for inputs that do not change over time, in `module` and every layer in it.
void set_steps(torch::nn::Module& module, std::int64_t steps);

/// Sets the output of all neurons in `module`.
void set_activation(torch::nn::Module& module, Activation activation);

/// Sets the number format of the convolutions in `module`.
void set_precision(torch::nn::Module& module, Precision precision);

/// Sets the implementation of the neurons, convolutions and pools in `module`.
void set_operators(torch::nn::Module& module, Operators operators);

/// Copies row known - 1 of each learned position encoding to all rows from `known` on: when T
/// grows, the new time steps start like the last one that was trained.
void repeat_encodings(torch::nn::Module& module, std::int64_t known);

}  // namespace staa::nn
