#pragma once

#include <optional>

#include "staa/analysis/profile.h"

namespace staa::analysis {

/// Energy of a byte to or from memory, in picojoules: an access of 64 bits to a 1 MB on-chip memory
/// takes 100 pJ in the 45 nm process of the other figures (Horowitz, 2014, which has 1.25 pJ a byte
/// for 8 KB and 160 to 325 for DRAM).
inline constexpr double kPicojoulesPerByte = 12.5;

inline constexpr double kBytesPerValue = 4;      ///< fp32
inline constexpr double kBytesPerSpike = 0.125;  ///< a bit

/// What one image costs, in operations and in bytes moved.
struct Cost {
  double macs = 0;
  double acs = 0;
  double bytes = 0;

  double compute_mj() const;
  double memory_mj(double picojoules_per_byte) const;
};

/// Where a spiking network stops winning against an ANN of the same shape: the mean firing rate, if
/// all layers' rates rise alike, at which both take the same energy. Above 1: it wins at any rate.
/// Nothing: it loses even when silent, or nothing in it reads spikes.
struct BreakEven {
  std::optional<double> compute;      ///< operations alone
  std::optional<double> with_memory;  ///< and what they move
};

/// The whole bill of a spiking network beside that of an ANN of its shape.
struct EnergyBalance {
  AttentionCount attention;  ///< over all neurons and T steps
  Cost spiking;              ///< every layer, the attention's elementwise operations as well
  Cost ann;                  ///< the same convolutions and head, once, on values
  BreakEven break_even;
  double picojoules_per_byte = kPicojoulesPerByte;
};

EnergyBalance balance_energy(const Profile& profile,
                             double picojoules_per_byte = kPicojoulesPerByte);

}  // namespace staa::analysis
