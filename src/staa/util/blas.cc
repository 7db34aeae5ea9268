#include "staa/util/blas.h"

#include <dlfcn.h>

#include <cstdlib>

namespace staa {

void keep_blas_to_its_caller() {
  if (std::getenv("OPENBLAS_NUM_THREADS") != nullptr) return;
  using SetThreads = void (*)(int);
  // Found at run time, as LibTorch may use another BLAS.
  if (const auto set =
          reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set(1);
  }
}

}  // namespace staa
