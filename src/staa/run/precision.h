#pragma once

#include <torch/types.h>

#include <string>

#include "staa/models/network.h"

namespace staa::run {

/// The precision that Precision::kAuto stands for on this machine, and the reason.
struct PrecisionChoice {
  Precision precision = Precision::kFp32;
  std::string reason;  ///< "bf16 takes 0.55 of the time of fp32", for the log
};

/// On a processor with bf16 instructions, times a few training steps of a network with these
/// options in both precisions, with the current threads, on inputs of shape `input`, [T, B, C, H,
/// W] with T = 1 for still images. Chooses bf16 if it saves at least a tenth of the time. The
/// instructions alone say little: with them, LibTorch's bf16 convolutions are several times faster
/// on some processors and slower on others. The result is cached in the user's cache folder, keyed
/// by processor, network, shape, threads and LibTorch's version. On any other processor or device
/// the choice is fp32 without a timing.
///
/// LibTorch's generator is used for the timing and then restored.
PrecisionChoice choose_precision(const models::NetworkOptions& options,
                                 const std::vector<std::int64_t>& input, torch::Device device);

}  // namespace staa::run
