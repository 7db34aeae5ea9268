#pragma once

#include <hwy/base.h>

#include <cstdint>

/// The element types of sequences: float, double, and the 16-bit types Bf16 and Half, whose
/// arithmetic is done in float.
namespace staa::kernels {

using Bf16 = hwy::bfloat16_t;

/// IEEE half precision. Only the kernels for GPUs support it.
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

/// The type of arithmetic on elements S.
template <class S>
using Compute = typename ComputeType<S>::Type;

}  // namespace staa::kernels
