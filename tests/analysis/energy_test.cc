#include "staa/analysis/energy.h"

#include <gtest/gtest.h>

namespace staa::analysis {
namespace {

NeuronOptions blocks(bool gc, bool pe, bool sa) {
  NeuronOptions options;
  options.gc = gc;
  options.pe = pe;
  options.sa = sa;
  return options;
}

TEST(AttentionOperations, AreAsCountedByHand) {
  // 32 channels of 5x3 pixels are 480 elements; GC reduces 32 channels to 8, and SA to 4.
  const auto all = attention_operations(blocks(true, true, true), 32, 15);
  EXPECT_EQ(all.gc.macs, 2 * (480 + 480 + 32 * 8 + 8 * 32));
  EXPECT_EQ(all.gc.acs, 2 * 480);
  EXPECT_EQ(all.pe.macs, 0);
  EXPECT_EQ(all.pe.acs, 480);
  EXPECT_EQ(all.sa.macs, 32 * 4 + 4 * 32 + 480);
  EXPECT_EQ(all.sa.acs, 480);
  EXPECT_EQ(all.sum().macs, all.gc.macs + all.sa.macs);
  EXPECT_EQ(all.sum().acs, 4 * 480);
  EXPECT_EQ(block_macs(blocks(true, true, true), 32, 15), all.sum().macs - 480);
}

TEST(AttentionOperations, OfABlockThatIsOffAreNone) {
  EXPECT_EQ(attention_operations(blocks(false, true, true), 32, 15).gc.macs, 0);
  EXPECT_EQ(attention_operations(blocks(true, false, true), 32, 15).pe.acs, 0);
  const auto without_sa = attention_operations(blocks(true, true, false), 32, 15);
  EXPECT_EQ(without_sa.sa.macs + without_sa.sa.acs, 0);
  EXPECT_EQ(block_macs(blocks(true, true, false), 32, 15), without_sa.gc.macs);
  auto lif = blocks(true, true, true);
  lif.kind = NeuronKind::kLif;
  EXPECT_EQ(attention_operations(lif, 32, 15).sum().macs, 0);
  EXPECT_EQ(block_macs(lif, 32, 15), 0);
}

TEST(AttentionOperations, ReductionsHaveALeastWidth) {
  // With 2 channels of one pixel, GC reduces to 1 channel, and SA keeps at least 4.
  const auto count = attention_operations(blocks(true, true, true), 2, 1);
  EXPECT_EQ(count.gc.macs, 2 * (2 + 2 + 2 * 2));
  EXPECT_EQ(count.sa.macs, 2 * 2 * 4 + 2);
}

TEST(AttentionOperations, TwoTablesAddTwice) {
  auto options = blocks(true, true, true);
  options.pe_placement = PePlacement::kBoth;
  EXPECT_EQ(attention_operations(options, 32, 15).pe.acs, 2 * 480);
}

/// A convolution that reads values, neurons with attention, and a convolution that reads spikes, at
/// T = 4.
Profile example() {
  Profile profile;
  LayerProfile first;
  first.kind = "convolution";
  first.macs = 4000;
  first.ann_macs = 1000;
  first.bytes = 800;
  first.ann_bytes = 900;
  LayerProfile second = first;
  second.macs = 0;
  second.acs = 2000;
  second.ann_macs = 10000;
  LayerProfile neuron;
  neuron.kind = "neuron";
  neuron.macs = 100;
  neuron.attention.gc = {100, 40};
  neuron.attention.sa = {50, 10};
  neuron.bytes = 400;
  profile.layers = {first, neuron, second};
  profile.macs = 4100;
  profile.acs = 2000;
  profile.firing_rate = 0.1;
  return profile;
}

TEST(EnergyBalance, SumsEveryOperationOnce) {
  const auto balance = balance_energy(example());
  EXPECT_DOUBLE_EQ(balance.spiking.macs, 4000 + 150);
  EXPECT_DOUBLE_EQ(balance.spiking.acs, 2000 + 50);
  EXPECT_DOUBLE_EQ(balance.spiking.bytes, 2000);
  EXPECT_DOUBLE_EQ(balance.ann.macs, 11000);
  EXPECT_DOUBLE_EQ(balance.ann.acs, 0);
  EXPECT_DOUBLE_EQ(balance.ann.bytes, 1800);
  EXPECT_DOUBLE_EQ(balance.ann.compute_mj(), 4.6 * 11000 * 1e-9);
  EXPECT_DOUBLE_EQ(balance.ann.memory_mj(12.5), 12.5 * 1800 * 1e-9);
}

TEST(EnergyBalance, AtTheBreakEvenRateBothTakeTheSame) {
  const double price = 2;
  const auto balance = balance_energy(example(), price);
  const auto spiking_at = [&](double rate) {
    Cost cost = balance.spiking;
    cost.acs += 2000 * (rate / 0.1 - 1);  // all rates rise in proportion
    return cost;
  };
  const double compute = balance.break_even.compute.value();
  EXPECT_NEAR(spiking_at(compute).compute_mj(), balance.ann.compute_mj(), 1e-15);
  const auto with_memory = spiking_at(balance.break_even.with_memory.value());
  EXPECT_NEAR(with_memory.compute_mj() + with_memory.memory_mj(price),
              balance.ann.compute_mj() + balance.ann.memory_mj(price), 1e-15);
}

TEST(EnergyBalance, HasNoBreakEvenWhereTheANNAlwaysWins) {
  // At 1,000 pJ per byte, the 200 additional bytes outweigh all operations.
  const auto dear = balance_energy(example(), 1000);
  EXPECT_TRUE(dear.break_even.compute);
  EXPECT_FALSE(dear.break_even.with_memory);
  auto silent = example();
  silent.acs = 0;
  EXPECT_FALSE(balance_energy(silent).break_even.compute) << "nothing reads spikes";
}

}  // namespace
}  // namespace staa::analysis
