#pragma once

#include <cstddef>

namespace staa::kernels {

/// The size in bytes of a core's second-level cache, or 512 KiB if the system does not tell.
std::size_t cache_bytes();

}  // namespace staa::kernels
