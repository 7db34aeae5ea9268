#pragma once

#include <torch/autograd.h>
#include <torch/types.h>

namespace staa::ops {

/// Returns the gradients of a backward pass. If they are recorded (create_graph), differentiating
/// them again throws an error that names the operator, because the kernels' backward passes have no
/// derivative. `sources` are the tensors that the gradients are computed from.
torch::autograd::variable_list once_differentiable(const char* op,
                                                   torch::autograd::variable_list gradients,
                                                   const torch::autograd::variable_list& sources);

}  // namespace staa::ops
