#include "staa/util/memory.h"

#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace staa {

void keep_freed_memory() {
#if defined(__GLIBC__)
  // Variables of the C library that the user has set take precedence.
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") != nullptr) return;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest value that is accepted
  mallopt(M_TRIM_THRESHOLD, (1U << 31) - 1);
#endif
}

}  // namespace staa
