#include "staa/kernels/cache.h"

#include <unistd.h>

namespace staa::kernels {

std::size_t cache_bytes() {
  static const std::size_t bytes = [] {
#ifdef _SC_LEVEL2_CACHE_SIZE
    const long found = sysconf(_SC_LEVEL2_CACHE_SIZE);  // NOLINT(google-runtime-int)
    if (found > 0) return static_cast<std::size_t>(found);
#endif
    return std::size_t{512} << 10;
  }();
  return bytes;
}

}  // namespace staa::kernels
