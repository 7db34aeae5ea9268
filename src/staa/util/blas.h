#pragma once

namespace staa {

/// Keeps OpenBLAS, where the program is linked with it, to the thread that calls it, unless the
/// user's own OPENBLAS_NUM_THREADS says otherwise. It has threads of its own, which wait for the
/// cores that OpenMP's waiting threads hold: a product of a few rows then takes milliseconds. The
/// matrix products of a spiking network beside its convolutions are small.
void keep_blas_to_its_caller();

}  // namespace staa
