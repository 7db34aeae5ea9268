#pragma once

#include <torch/torch.h>

namespace staa::ops {

/// The gradients that a backward pass returns. Where a graph of them is asked for (create_graph),
/// differentiating them throws an error that names the operator: kernels' backward passes have no
/// derivative of their own.
torch::autograd::variable_list once_differentiable(const char* op,
                                                   torch::autograd::variable_list gradients);

}  // namespace staa::ops
