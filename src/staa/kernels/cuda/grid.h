#pragma once

#include <cstddef>
#include <cstdint>

/// What the kernels for graphics cards are written against. A kernel is a struct of its arguments
/// with
///
///   template <class Block> STAA_DEVICE void operator()(Block& block) const;
///
/// which every thread of the grid runs, and a Block is
///
///   unsigned thread(), threads()   this thread's place among those of its block
///   unsigned index()               of the block in the grid
///   char* shared()                 the block's own memory, from a multiple of 16 on
///   void sync()                    for all threads of the block
///   void sync_group()              for all threads of the blocks that GridSize::group ties
///   together;
///                                  what was written to memory before is seen behind it
///   T exchange(T value, mask)      the value of lane (own ^ mask) of the 32 that run together
///
/// DeviceBlock (device.cuh) is that on a card; the tests have one on the processor, so the same
/// code is compiled by nvcc and by the C++ compiler.
#ifdef __CUDACC__
#define STAA_DEVICE __device__ __forceinline__
#define STAA_UNROLL _Pragma("unroll")
#else
#define STAA_DEVICE inline
#define STAA_UNROLL
#endif

namespace staa::kernels::cuda {

constexpr unsigned kWarp = 32;

/// Steps that kernels take; what tells them apart fits into their arguments.
constexpr std::size_t kMaxSteps = 256;

/// What a launch asks for.
struct GridSize {
  std::size_t blocks = 1;
  unsigned threads = kWarp;
  unsigned group = 1;      ///< blocks that run at the same time and can wait for each other
  std::size_t shared = 0;  ///< bytes
};

/// What kernels have to know of a card.
struct Device {
  bool groups = false;            ///< more than one block a group
  std::size_t group_pixels = 16;  ///< that each block of a group should have
  std::size_t shared = 48 << 10;  ///< bytes of shared memory that a block may ask for
  unsigned threads = 256;         ///< in a block, a power of two from kWarp on
};

constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// The smallest power of two that is not below `size`, but at most `most`, which is one.
constexpr unsigned power_of_two(std::size_t size, unsigned most) {
  unsigned power = 1;
  while (power < size && power < most) power *= 2;
  return power;
}

}  // namespace staa::kernels::cuda
