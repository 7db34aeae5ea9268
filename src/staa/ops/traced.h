#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

#include "staa/ops/arguments.h"

/// Operators whose calls PyTorch records instead of running them: under torch.compile and
/// torch.export, on fake tensors. Such a call must stay one node of the graph, forward and
/// backward: every operator `name` has a second one, `name_backward`, which takes the gradients of
/// its outputs, whether each of its tensors wants one, and its arguments, and runs the operator
/// once more under autograd.
namespace staa::ops::traced {

/// What an operator computes: its outputs.
using Kernel = std::vector<torch::Tensor> (*)(const Arguments&);

/// Whether the call on top of the stack is to be recorded: tensors that are not plain, or a mode of
/// PyTorch's that watches every call.
bool is_recorded(const c10::FunctionSchema& schema, const torch::jit::Stack& stack);

/// Makes the call without looking into it: outputs that depend on its tensors through
/// `name_backward`. Takes the arguments off the stack and puts the outputs on it.
void record(const c10::OperatorHandle& op, torch::jit::Stack& stack);

/// The kernel of `name_backward`: the gradients of the tensors in the arguments, in their order,
/// empty tensors for those that want none. Those of sequences are channels-last.
std::vector<torch::Tensor> backward(const c10::OperatorHandle& op, const torch::jit::Stack& stack,
                                    Kernel kernel);

}  // namespace staa::ops::traced
