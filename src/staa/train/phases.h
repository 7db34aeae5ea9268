#pragma once

#include <functional>
#include <string>
#include <vector>

#include "staa/options/training.h"
#include "staa/train/training_state.h"

namespace staa::train {

/// Puts the network of a fit into the phase of each epoch.
class Phases {
 public:
  /// The arguments outlive this. The network is as it was built until enter() is called.
  Phases(TrainingState& state, const FitOptions& options, const Callbacks& callbacks);

  /// Makes the network that of the epoch to come. Where the phase changes, BatchNorm's statistics
  /// no longer fit and the average is of another network: `estimate` is called for the former.
  void enter(const std::function<void()>& estimate);

  /// Makes the network that of the phase it is in.
  void apply() const;

  /// The phase that the network is in. Without phases that is Phase{}.
  Phase now() const { return now_; }
  bool last() const;
  /// The first epoch, counted from 0, that does not run with ReLU.
  std::int64_t first_with_spikes() const;
  /// Whether the first phase is over.
  bool changed() const;

 private:
  const Phase* at(std::int64_t epoch) const { return phase_at(options_.phases, epoch); }

  TrainingState& state_;
  const FitOptions& options_;
  const Callbacks& callbacks_;
  Phase now_;
};

}  // namespace staa::train
