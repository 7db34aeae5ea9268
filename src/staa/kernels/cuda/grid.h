#pragma once

#include <cstddef>
#include <cstdint>

/// The interface that the kernels for GPUs are written against. A kernel is a struct of its
/// arguments with
///
///   template <class Block> STAA_DEVICE void operator()(Block& block) const;
///
/// which every thread of the grid calls. A Block has
///
///   unsigned thread(), threads()   this thread's index in its block, and their number
///   unsigned index()               the block's index in the grid
///   char* shared()                 the block's shared memory, aligned to 16 bytes
///   void sync()                    waits for all threads of the block
///   void sync_group()              waits for all threads of a group of blocks (GridSize::group);
///                                  makes earlier writes to memory visible to them
///   T exchange(T value, mask)      the value of lane (own ^ mask) in the warp
///
/// DeviceBlock (device.cuh) is the Block of a GPU. The tests have one for the processor, so the
/// same code is compiled by nvcc and by the C++ compiler.
#ifdef __CUDACC__
#define STAA_DEVICE __device__ __forceinline__
#define STAA_UNROLL _Pragma("unroll")
#else
#define STAA_DEVICE inline
#define STAA_UNROLL
#endif

namespace staa::kernels::cuda {

constexpr unsigned kWarp = 32;

/// The largest number of time steps. One bit per step fits into a kernel's arguments.
constexpr std::size_t kMaxSteps = 256;

/// The size of a launch.
struct GridSize {
  std::size_t blocks = 1;
  unsigned threads = kWarp;
  unsigned group = 1;      ///< blocks that run together and can wait for each other
  std::size_t shared = 0;  ///< bytes of shared memory per block
};

/// The properties of a GPU that the kernels need.
struct Device {
  bool groups = false;            ///< whether a group may have more than one block
  std::size_t group_pixels = 16;  ///< the least that each block of a group should have
  std::size_t shared = 48 << 10;  ///< bytes of shared memory that a block may ask for
  unsigned threads = 256;         ///< per block, a power of two of at least kWarp
};

constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// The smallest power of two that is at least `size`, limited to `most`, which is a power of two.
constexpr unsigned power_of_two(std::size_t size, unsigned most) {
  unsigned power = 1;
  while (power < size && power < most) power *= 2;
  return power;
}

}  // namespace staa::kernels::cuda
