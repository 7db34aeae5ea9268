#include "staa/train/schedule.h"

#include <algorithm>
#include <cmath>

namespace staa::train {

double learning_rate(const ScheduleOptions& schedule, double base, double epoch, double epochs) {
  const double warmup = schedule.warmup_epochs;
  if (epoch < warmup) return base * epoch / warmup;
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      return base;
    case ScheduleKind::kCosine: {
      const double progress = std::min(1.0, (epoch - warmup) / std::max(1e-9, epochs - warmup));
      return schedule.min_lr + (base - schedule.min_lr) * (1 + std::cos(M_PI * progress)) / 2;
    }
    case ScheduleKind::kLinear: {
      const double progress = std::min(1.0, (epoch - warmup) / std::max(1e-9, epochs - warmup));
      return base + (schedule.min_lr - base) * progress;
    }
    case ScheduleKind::kStep: {
      const auto reached = std::count_if(schedule.milestones.begin(), schedule.milestones.end(),
                                         [&](auto at) { return epoch >= static_cast<double>(at); });
      return base * std::pow(schedule.gamma, static_cast<double>(reached));
    }
  }
  return base;
}

}  // namespace staa::train
