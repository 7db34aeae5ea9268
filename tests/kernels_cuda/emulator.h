#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels_cuda/fibres.h"
#include "staa/kernels/cuda/grid.h"

namespace staa::test {

/// The state shared by 32 threads that run together.
struct EmulatedWarp {
  Barrier barrier{kernels::cuda::kWarp};
  double slots[2][kernels::cuda::kWarp] = {};  // two exchanges alternate between them
};

/// A block as one of its threads sees it (src/staa/kernels/cuda/grid.h).
class EmulatedBlock {
 public:
  struct Common {
    unsigned index = 0;
    unsigned threads = 0;
    char* shared = nullptr;
    Barrier barrier;
    Barrier* group = nullptr;
    std::vector<EmulatedWarp> warps;
  };

  EmulatedBlock(Common& common, unsigned thread) : common_(common), thread_(thread) {}

  unsigned thread() const { return thread_; }
  unsigned threads() const { return common_.threads; }
  unsigned index() const { return common_.index; }
  char* shared() const { return common_.shared; }
  void sync() { wait_at(common_.barrier); }
  void sync_group() { wait_at(*common_.group); }

  template <class T>
  T exchange(T value, unsigned mask) {
    using kernels::cuda::kWarp;
    auto& warp = common_.warps[thread_ / kWarp];
    auto& slots = warp.slots[exchanges_++ % 2];
    slots[thread_ % kWarp] = static_cast<double>(value);
    wait_at(warp.barrier);
    return static_cast<T>(slots[(thread_ % kWarp) ^ mask]);
  }

 private:
  Common& common_;
  unsigned thread_;
  unsigned exchanges_ = 0;
};

/// Launches CUDA kernels on the processor: groups run one after the other, and the threads of a
/// group run as fibres. Shared memory starts as NaNs, and writes beyond its end are detected.
class Emulator {
 public:
  explicit Emulator(const kernels::cuda::Device& device, std::uint64_t seed = 1)
      : device_(device), seed_(seed) {}

  const kernels::cuda::Device& device() const { return device_; }
  std::size_t launches() const { return launches_; }

  template <class Kernel>
  void launch(const char* name, const Kernel& kernel, const kernels::cuda::GridSize& size) {
    ++launches_;
    if (size.shared > device_.shared) throw std::runtime_error(std::string(name) + ": shared");
    if (size.blocks % size.group != 0) throw std::runtime_error(std::string(name) + ": group");
    for (std::size_t first = 0; first < size.blocks; first += size.group) {
      run_group(kernel, size, static_cast<unsigned>(first), name);
    }
  }

 private:
  static constexpr std::size_t kGuard = 64;

  template <class Kernel>
  void run_group(const Kernel& kernel, const kernels::cuda::GridSize& size, unsigned first,
                 const char* name) {
    using kernels::cuda::kWarp;
    Barrier group{std::size_t{size.group} * size.threads};
    const auto doubles = (size.shared + kGuard + 15) / 16 * 2;
    memory_.resize(size.group * doubles);
    std::memset(memory_.data(), 0xff, memory_.size() * sizeof(double));
    std::vector<EmulatedBlock::Common> blocks(size.group);
    for (unsigned b = 0; b < size.group; ++b) {
      auto& block = blocks[b];
      block.index = first + b;
      block.threads = size.threads;
      block.shared = reinterpret_cast<char*>(memory_.data() + b * doubles);
      block.barrier.needed = size.threads;
      block.group = &group;
      block.warps.resize(size.threads / kWarp);
    }
    run_fibres(group.needed, seed_ + first, [&](std::size_t fibre) {
      EmulatedBlock view(blocks[fibre / size.threads], static_cast<unsigned>(fibre % size.threads));
      kernel(view);
    });
    for (const auto& block : blocks) {
      for (std::size_t i = size.shared; i < size.shared + kGuard; ++i) {
        if (block.shared[i] != '\xff') {
          throw std::runtime_error(std::string(name) + ": wrote behind its shared memory");
        }
      }
    }
  }

  kernels::cuda::Device device_;
  std::uint64_t seed_;
  std::size_t launches_ = 0;
  std::vector<double> memory_;
};

}  // namespace staa::test
