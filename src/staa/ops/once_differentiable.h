#pragma once

#include <torch/autograd.h>
#include <torch/types.h>

namespace staa::ops {

/// The gradients that a backward pass returns. Where a graph of them is asked for (create_graph),
/// differentiating them once more throws an error that names the operator: the kernels' backward
/// passes have no derivative of their own. `sources` are what the gradients come from.
torch::autograd::variable_list once_differentiable(const char* op,
                                                   torch::autograd::variable_list gradients,
                                                   const torch::autograd::variable_list& sources);

}  // namespace staa::ops
