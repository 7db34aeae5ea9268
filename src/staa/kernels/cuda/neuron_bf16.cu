#include "staa/kernels/cuda/define-inl.h"
#include "staa/kernels/cuda/device.cuh"

STAA_DEFINE_ELEMENT(Bf16)
