#pragma once

#include <torch/types.h>

#include <string>

#include "staa/models/network.h"

namespace staa::run {

/// What Precision::kAuto comes to on this machine, and why.
struct PrecisionChoice {
  Precision precision = Precision::kFp32;
  std::string reason;  ///< "bf16 takes 0.55 of the time of fp32", for the log
};

/// On a processor with bf16 instructions a few training steps of a network of these options on
/// inputs of `input` [B, C, H, W] or [T, B, C, H, W] are timed in either precision, with the
/// threads in use; bf16 is chosen where it saves at least a tenth. The instructions alone say
/// little: LibTorch's convolutions in bf16 are several times faster on some processors that have
/// them and slower on others. The outcome is kept in the user's cache folder by processor, network,
/// shape, threads and LibTorch's version. Elsewhere the choice is fp32 without a timing.
///
/// Draws from LibTorch's generator, whose state is put back.
PrecisionChoice choose_precision(const models::NetworkOptions& options,
                                 const std::vector<std::int64_t>& input, torch::Device device);

}  // namespace staa::run
