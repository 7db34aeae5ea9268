#pragma once

struct CUstream_st;

namespace staa::kernels::cuda {

/// A cudaStream_t of the current device.
using Stream = CUstream_st*;

}  // namespace staa::kernels::cuda
