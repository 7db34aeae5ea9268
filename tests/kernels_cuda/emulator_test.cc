#include "kernels_cuda/emulator.h"

#include <gtest/gtest.h>

#include <vector>

/// The emulation must detect the errors that it exists for.
namespace staa::test {
namespace {

using kernels::cuda::Device;
using kernels::cuda::GridSize;

/// Every thread reads what its neighbour has written, after a barrier or, incorrectly, without one.
struct Neighbours {
  bool waits;
  std::vector<unsigned>* out;

  template <class Block>
  void operator()(Block& block) const {
    auto* memory = reinterpret_cast<unsigned*>(block.shared());
    memory[block.thread()] = block.thread();
    if (waits) block.sync();
    (*out)[block.thread()] = memory[(block.thread() + 1) % block.threads()];
  }
};

bool all_right(bool waits) {
  std::vector<unsigned> out(64);
  Emulator emulator({});
  emulator.launch("neighbours", Neighbours{waits, &out}, {1, 64, 1, 64 * sizeof(unsigned)});
  for (unsigned i = 0; i < 64; ++i) {
    if (out[i] != (i + 1) % 64) return false;
  }
  return true;
}

TEST(Emulator, TellsAMissingBarrier) {
  EXPECT_TRUE(all_right(true));
  EXPECT_FALSE(all_right(false));
}

struct HalfWaits {
  template <class Block>
  void operator()(Block& block) const {
    if (block.thread() % 2 == 0) block.sync();
  }
};

TEST(Emulator, TellsABarrierThatNotAllReach) {
  Emulator emulator({});
  EXPECT_THROW(emulator.launch("half", HalfWaits{}, {1, 32, 1, 0}), std::runtime_error);
}

struct WritesTooFar {
  template <class Block>
  void operator()(Block& block) const {
    if (block.thread() == 0) block.shared()[16] = 1;
  }
};

TEST(Emulator, TellsAWriteBehindSharedMemory) {
  Emulator emulator({});
  EXPECT_THROW(emulator.launch("far", WritesTooFar{}, {1, 32, 1, 16}), std::runtime_error);
}

/// Sums over the lanes of a warp, then over the blocks of a group.
struct AddsUp {
  std::vector<double>* sums;

  template <class Block>
  void operator()(Block& block) const {
    double value = block.thread();
    for (unsigned mask = 16; mask > 0; mask /= 2) value += block.exchange(value, mask);
    if (block.thread() == 0) (*sums)[block.index()] = value;
    block.sync_group();
    const auto first = block.index() / 4 * 4;
    double total = 0;
    for (unsigned i = 0; i < 4; ++i) total += (*sums)[first + i];
    block.sync_group();
    if (block.thread() == 0) (*sums)[block.index()] = total;
  }
};

TEST(Emulator, ExchangesInWarpsAndWaitsInGroups) {
  std::vector<double> sums(8);
  Emulator emulator({});
  emulator.launch("adds", AddsUp{&sums}, {8, 32, 4, 0});
  for (const double sum : sums) EXPECT_EQ(sum, 4 * 31 * 16);
}

}  // namespace
}  // namespace staa::test
