#include "staa/models/network.h"

#include <sstream>

#include "staa/nn/modes.h"
#include "staa/ops/implementation.h"
#include "staa/util/error.h"

namespace staa::models {

Network::Network(const NetworkOptions& options) : options_(options), steps_(options.steps) {
  Operated::set_operators(options.execution.operators);
}

torch::Tensor Network::forward(const torch::Tensor& x) {
  const auto sequence = x.dim() == 4 ? x.unsqueeze(0) : x;
  if (sequence.dim() != 5 || sequence.size(2) != options_.in_channels ||
      (sequence.size(0) != 1 && sequence.size(0) != options_.steps)) {
    std::ostringstream found;
    found << x.sizes();
    fail(ErrorKind::kRuntime,
         "{} expects images [B, {}, H, W] or [1, B, {}, H, W], or frames [{}, B, {}, H, W], found "
         "{}",
         options_.network, options_.in_channels, options_.in_channels, options_.steps,
         options_.in_channels, found.str());
  }
  // The layers do the same. Here it is for the operations between them, such as pools.
  const ops::UseReference reference(operators() == Operators::kReference);
  return run(sequence);
}

void Network::set_steps(std::int64_t steps) {
  if (steps < 1 || steps > options_.steps) {
    fail(ErrorKind::kUsage, "time steps: expected 1 to {}, found {}", options_.steps, steps);
  }
  steps_ = steps;
  for (const auto& child : children()) nn::set_steps(*child, steps);
}

void Network::set_operators(Operators operators) {
  Operated::set_operators(operators);
  options_.execution.operators = operators;
  for (const auto& child : children()) nn::set_operators(*child, operators);
}

void Network::set_precision(Precision precision) {
  options_.execution.precision = precision;
  nn::set_precision(*this, precision);
}

}  // namespace staa::models
