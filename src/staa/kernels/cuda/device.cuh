#pragma once

#include <cuda_runtime.h>

#include "staa/kernels/cuda/grid.h"
#include "staa/kernels/cuda/launch_error.h"

/// The implementation of grid.h on a GPU.
namespace staa::kernels::cuda {

struct DeviceBlock {
  __device__ unsigned thread() const { return threadIdx.x; }
  __device__ unsigned threads() const { return blockDim.x; }
  __device__ unsigned index() const { return blockIdx.x; }
  __device__ char* shared() const {
    extern __shared__ __align__(16) char memory[];
    return memory;
  }
  __device__ void sync() { __syncthreads(); }

  /// Waits for the blocks of the cluster, and makes their earlier writes visible. Older GPUs have
  /// groups of one block. The `.aligned` barrier cannot be used: nothing guarantees that the
  /// threads of a warp have converged after a loop that they left at different times. The barrier
  /// releases and acquires by default; CUDA 11.8 does not accept explicit qualifiers.
  __device__ void sync_group() {
#if __CUDA_ARCH__ >= 900
    asm volatile(
        "barrier.cluster.arrive;\n\t"
        "barrier.cluster.wait;" ::
            : "memory");
#else
    __syncthreads();
#endif
  }

  template <class T>
  __device__ T exchange(T value, unsigned mask) {
    return __shfl_xor_sync(0xffffffffU, value, mask);
  }
};

template <class Kernel>
__global__ void run(const __grid_constant__ Kernel kernel) {
  DeviceBlock block;
  kernel(block);
}

/// An empty kernel. Its attributes tell what this build was compiled for
/// (DeviceLauncher::current_device).
template <class T>
__global__ void probe() {}

/// Launches kernels on a stream of the current device.
class DeviceLauncher {
 public:
  explicit DeviceLauncher(cudaStream_t stream) : stream_(stream), device_(current_device()) {}

  const Device& device() const { return device_; }

  template <class Kernel>
  void launch(const char* name, const Kernel& kernel, const GridSize& size) {
    constexpr std::size_t kUnasked = 48 << 10;
    if (size.shared > kUnasked) {
      check(name, cudaFuncSetAttribute(run<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                       static_cast<int>(size.shared)));
    }
    cudaLaunchAttribute cluster{};
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim.x = size.group;
    cluster.val.clusterDim.y = 1;
    cluster.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(size.blocks));
    config.blockDim = dim3(size.threads);
    config.dynamicSmemBytes = size.shared;
    config.stream = stream_;
    config.attrs = &cluster;
    config.numAttrs = size.group > 1 ? 1 : 0;
    check(name, cudaLaunchKernelEx(&config, run<Kernel>, kernel));
  }

 private:
  static void check(const char* name, cudaError_t error) {
    if (error != cudaSuccess) fail_launch(name, cudaGetErrorString(error));
  }

  /// Queries the GPU once per thread, and again if the current device has changed.
  static const Device& current_device() {
    static thread_local int known = -1;
    static thread_local Device device;
    int current = 0;
    check("device", cudaGetDevice(&current));
    if (current == known) return device;
    int shared = 0;
    cudaFuncAttributes code{};
    check("device",
          cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, current));
    check("device", cudaFuncGetAttributes(&code, probe<void>));
    device.groups = code.ptxVersion >= 90;  // depends on the compiled code, not on the GPU
    device.shared = static_cast<std::size_t>(shared);
    known = current;
    return device;
  }

  cudaStream_t stream_;
  Device device_;
};

}  // namespace staa::kernels::cuda
