#pragma once

#include <optional>

#include "staa/analysis/picojoules.h"
#include "staa/analysis/profile.h"

namespace staa::analysis {

inline constexpr double kBytesPerValue = 4;      ///< fp32
inline constexpr double kBytesPerSpike = 0.125;  ///< one bit

/// The cost of one image, in operations and in bytes moved.
struct Cost {
  double macs = 0;
  double acs = 0;
  double bytes = 0;

  double compute_mj() const;
  double memory_mj(double picojoules_per_byte) const;
};

/// The mean firing rate at which a spiking network and an ANN of the same shape take the same
/// energy, if the rates of all layers rise in proportion. Above 1: the spiking network is better at
/// any rate. No value: it is worse even without any spike, or no layer reads spikes.
struct BreakEven {
  std::optional<double> compute;      ///< from operations alone
  std::optional<double> with_memory;  ///< from operations and memory traffic
};

/// The full energy of a spiking network, compared with that of an ANN of its shape.
struct EnergyBalance {
  AttentionCount attention;  ///< over all neurons and T steps
  Cost spiking;              ///< all layers, including the attention's elementwise operations
  Cost ann;                  ///< the same convolutions and head, once, on real values
  BreakEven break_even;
  double picojoules_per_byte = kPicojoulesPerByte;
};

EnergyBalance balance_energy(const Profile& profile,
                             double picojoules_per_byte = kPicojoulesPerByte);

}  // namespace staa::analysis
