#pragma once

#include <cstddef>

namespace staa::kernels {

/// Bytes of a core's second-level cache, or 512 KiB where the system does not say.
std::size_t cache_bytes();

}  // namespace staa::kernels
