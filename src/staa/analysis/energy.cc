#include "staa/analysis/energy.h"

namespace staa::analysis {
namespace {

constexpr double kMillijoulesPerPicojoule = 1e-9;

/// The firing rate at which a network uses the energy `ann`, if it uses `fixed` at any rate plus
/// `spent` on spikes at the firing rate `rate`.
std::optional<double> rate_at(double ann, double fixed, double spent, double rate) {
  if (spent <= 0 || ann <= fixed) return std::nullopt;
  return rate * (ann - fixed) / spent;
}

}  // namespace

double Cost::compute_mj() const {
  return (kPicojoulesPerMac * macs + kPicojoulesPerAc * acs) * kMillijoulesPerPicojoule;
}

double Cost::memory_mj(double picojoules_per_byte) const {
  return picojoules_per_byte * bytes * kMillijoulesPerPicojoule;
}

EnergyBalance balance_energy(const Profile& profile, double picojoules_per_byte) {
  EnergyBalance balance;
  balance.picojoules_per_byte = picojoules_per_byte;
  for (const auto& layer : profile.layers) {
    balance.attention += layer.attention;
    balance.spiking.bytes += layer.bytes;
    balance.ann.macs += layer.ann_macs;
    balance.ann.bytes += layer.ann_bytes;
    if (layer.kind == "neuron") continue;  // its operations are all in its attention
    balance.spiking.macs += layer.macs;
    balance.spiking.acs += layer.acs;
  }
  const auto attention = balance.attention.sum();
  balance.spiking.macs += attention.macs;
  balance.spiking.acs += attention.acs;

  // Memory traffic is the same at every rate, since a spike is one bit whether it is 0 or 1.
  const double spent = Cost{0, profile.acs, 0}.compute_mj();
  const double fixed = balance.spiking.compute_mj() - spent;
  const double ann = balance.ann.compute_mj();
  balance.break_even.compute = rate_at(ann, fixed, spent, profile.firing_rate);
  balance.break_even.with_memory =
      rate_at(ann + balance.ann.memory_mj(picojoules_per_byte),
              fixed + balance.spiking.memory_mj(picojoules_per_byte), spent, profile.firing_rate);
  return balance;
}

}  // namespace staa::analysis
