#include "staa/kernels/cuda/define.cuh"

STAA_DEFINE_ELEMENT(double)
STAA_DEFINE_COMPUTE(double)
