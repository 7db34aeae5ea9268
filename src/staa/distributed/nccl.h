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

/// What carries tensors between processes: c10d's name for it differs between LibTorch 1 and 2.
#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

/// NCCL among `size` processes, each with a CUDA device of its own; null where LibTorch has none,
/// or its headers were not there when this was built. `keys` is for this alone.
c10::intrusive_ptr<Backend> open_nccl(c10::intrusive_ptr<c10d::Store> keys, std::int64_t rank,
                                      std::int64_t size);

}  // namespace staa::distributed
