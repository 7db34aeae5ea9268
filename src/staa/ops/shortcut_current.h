#pragma once

#include <torch/types.h>

#include "staa/ops/input.h"

namespace staa::ops {

/// The current [T, B, C, H, W] of a layer with shortcuts of the current: BatchNorm(main) if
/// `earlier`, the current of the layer before, is undefined, and otherwise
/// share * (BatchNorm(main) + earlier). `main` must have a BatchNorm; `earlier` has the shape of
/// `main`, or a single step that is added to each. Throws Error(kRuntime) that names what does not
/// fit.
///
/// In float and double on a CPU it is computed in one pass over the tensors behind the statistics,
/// and its gradient in three; otherwise, and while UseReference is active, by LibTorch.
torch::Tensor shortcut_current(const Current& main, const torch::Tensor& earlier, double share);

}  // namespace staa::ops
