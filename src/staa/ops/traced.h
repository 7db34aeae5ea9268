#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

#include "staa/ops/arguments.h"

/// Operators whose calls PyTorch records on fake tensors instead of running them, under
/// torch.compile and torch.export. Such a call must stay one node of the graph, forward and
/// backward. Every operator `name` therefore has a second one, `name_backward`. Its arguments are
/// the gradients of the outputs, a flag for each tensor that says whether it needs a gradient, and
/// the arguments of `name`; it runs the operator again under autograd.
namespace staa::ops::traced {

/// Computes the outputs of an operator.
using Kernel = std::vector<torch::Tensor> (*)(const Arguments&);

/// Whether the call on top of the stack must be recorded: its tensors are not plain ones, or a mode
/// of PyTorch observes every call.
bool is_recorded(const c10::FunctionSchema& schema, const torch::jit::Stack& stack);

/// Makes the call as one node of the graph: the outputs depend on its tensors through
/// `name_backward`. Takes the arguments off the stack and pushes the outputs.
void record(const c10::OperatorHandle& op, torch::jit::Stack& stack);

/// The kernel of `name_backward`. Returns the gradients of the tensors in the arguments, in their
/// order, with empty tensors for those that need none. Gradients of sequences are channels-last.
std::vector<torch::Tensor> backward(const c10::OperatorHandle& op, const torch::jit::Stack& stack,
                                    Kernel kernel);

}  // namespace staa::ops::traced
