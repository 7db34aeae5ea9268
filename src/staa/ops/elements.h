#pragma once

#include <torch/types.h>

#include <type_traits>

#include "staa/kernels/element.h"

/// Conversions between LibTorch's element types and those of the kernels.
namespace staa::ops {

/// LibTorch's type for an element type of the kernels.
template <class S>
using TensorElement =
    std::conditional_t<std::is_same_v<S, kernels::Bf16>, at::BFloat16,
                       std::conditional_t<std::is_same_v<S, kernels::Half>, at::Half, S>>;

/// The memory of a tensor, or null if it is undefined.
template <class S>
S* data(const torch::Tensor& tensor) {
  if (!tensor.defined()) return nullptr;
  return reinterpret_cast<S*>(tensor.data_ptr<TensorElement<S>>());
}

/// The words of packed spikes, which are stored in tensors of 64-bit integers, or null if
/// undefined.
inline std::uint64_t* words(const torch::Tensor& bits) {
  return bits.defined() ? reinterpret_cast<std::uint64_t*>(bits.data_ptr<std::int64_t>()) : nullptr;
}

/// Whether the kernels support sequences of this type. Those for CUDA devices also support fp16.
inline bool is_element(torch::ScalarType type) {
  return type == torch::kFloat || type == torch::kDouble || type == torch::kBFloat16;
}

/// The type of the arithmetic on sequences of this type: float for bf16 and fp16.
inline torch::ScalarType compute_type(torch::ScalarType type) {
  return type == torch::kBFloat16 || type == torch::kHalf ? torch::kFloat : type;
}

/// Calls f(S()) with the kernels' element type S for a type that passes is_element().
template <class F>
auto with_element(torch::ScalarType type, const F& f) {
  if (type == torch::kDouble) return f(double());
  if (type == torch::kBFloat16) return f(kernels::Bf16());
  return f(float());
}

/// Like with_element(), for the CUDA kernels, which also support fp16.
template <class F>
auto with_cuda_element(torch::ScalarType type, const F& f) {
  if (type == torch::kHalf) return f(kernels::Half());
  return with_element(type, f);
}

}  // namespace staa::ops
