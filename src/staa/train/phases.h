#pragma once

#include <functional>
#include <string>
#include <vector>

#include "staa/options/training.h"
#include "staa/train/training_state.h"

namespace staa::train {

/// Makes the layers of `module` run in `phase`.
void set_phase(torch::nn::Module& module, const Phase& phase);

/// Switches the network of a fit to the phase of each epoch.
class Phases {
 public:
  /// The arguments must outlive this object. The network stays as it was built until enter().
  Phases(TrainingState& state, const FitOptions& options, const Callbacks& callbacks);

  /// Prepares the network for the next epoch. When the phase changes, `estimate` is called to
  /// estimate BatchNorm's statistics anew, and the weight average is restarted, as both belong to
  /// another network.
  void enter(const std::function<void()>& estimate);

  /// Applies the current phase to the network.
  void apply() const;

  /// The current phase; Phase{} if there are no phases.
  Phase now() const { return now_; }
  bool last() const;
  /// The first epoch, counted from 0, in which neurons spike instead of applying ReLU.
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
