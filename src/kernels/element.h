#pragma once

#include <hwy/base.h>

/// Types of the values that sequences are kept in: float, double, or bf16 halves, whose arithmetic
/// is done in float.
namespace staa::kernels {

using Bf16 = hwy::bfloat16_t;

template <class S>
struct ComputeType {
  using Type = S;
};
template <>
struct ComputeType<Bf16> {
  using Type = float;
};

/// What arithmetic on elements S is done in.
template <class S>
using Compute = typename ComputeType<S>::Type;

}  // namespace staa::kernels
