#pragma once

#include <torch/version.h>

#include <chrono>
#include <cstdint>
#include <torch/csrc/distributed/c10d/Store.hpp>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#endif

namespace staa::distributed {

/// Transfers tensors between processes. The name of this class differs between LibTorch 1 and 2.
#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

/// Opens NCCL for `size` processes, each with its own CUDA device. Returns null if LibTorch has no
/// NCCL or its headers were missing at build time. `keys` must not be used for anything else.
c10::intrusive_ptr<Backend> open_nccl(c10::intrusive_ptr<c10d::Store> keys, std::int64_t rank,
                                      std::int64_t size);

}  // namespace staa::distributed
