#pragma once

#include <hwy/base.h>

#include <cstdint>

/// Types of the values that sequences are kept in: float, double, or halves, whose arithmetic is
/// done in float.
namespace staa::kernels {

using Bf16 = hwy::bfloat16_t;

/// IEEE's half. The kernels for graphics cards alone take it.
struct Half {
  std::uint16_t bits;
};

template <class S>
struct ComputeType {
  using Type = S;
};
template <>
struct ComputeType<Bf16> {
  using Type = float;
};
template <>
struct ComputeType<Half> {
  using Type = float;
};

/// What arithmetic on elements S is done in.
template <class S>
using Compute = typename ComputeType<S>::Type;

}  // namespace staa::kernels
