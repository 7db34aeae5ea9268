#pragma once

#include "staa/options/training.h"

namespace staa::train {

/// The learning rate at `epoch`, which may be fractional: 2.5 is the middle of the third of
/// `epochs`. This is a pure function, so that a resumed run needs no state for it. After a linear
/// warm-up from 0 over the first `warmup_epochs`, the rate is
///   constant  lr
///   cosine    min_lr + (lr - min_lr) * (1 + cos(pi * progress)) / 2
///   linear    lr + (min_lr - lr) * progress
///   step      lr * gamma^(milestones reached)
double learning_rate(const ScheduleOptions& schedule, double base, double epoch, double epochs);

}  // namespace staa::train
