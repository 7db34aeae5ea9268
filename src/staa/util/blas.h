#pragma once

namespace staa {

/// Makes OpenBLAS, if it is linked, run only on the calling thread, unless the user has set
/// OPENBLAS_NUM_THREADS. Its own threads would compete for cores with OpenMP's waiting threads: a
/// product of a few rows then takes milliseconds. Apart from its convolutions, the matrix products
/// of a spiking network are small.
void keep_blas_to_its_caller();

}  // namespace staa
