#pragma once

namespace staa::analysis {

/// Energy of one operation in a 45 nm process (Section 4.5; Horowitz, 2014), in picojoules.
inline constexpr double kPicojoulesPerMac = 4.6;
inline constexpr double kPicojoulesPerAc = 0.9;

/// Energy per byte of memory traffic, in picojoules. A 64-bit access to a 1 MB on-chip memory takes
/// 100 pJ in the 45 nm process of the other figures (Horowitz, 2014, who gives 1.25 pJ per byte for
/// 8 KB and 160 to 325 pJ per byte for DRAM).
inline constexpr double kPicojoulesPerByte = 12.5;

}  // namespace staa::analysis
