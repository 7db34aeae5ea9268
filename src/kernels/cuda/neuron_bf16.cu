#include "staa/kernels/cuda/define.cuh"

STAA_DEFINE_ELEMENT(Bf16)
