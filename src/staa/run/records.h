#pragma once

#include <memory>

#include "staa/models/network.h"
#include "staa/run/description.h"
#include "staa/run/firing_rates.h"
#include "staa/run/reporter.h"
#include "staa/run/run_folder.h"
#include "staa/tensorboard/events.h"
#include "staa/train/fit.h"

namespace staa::run {

/// Keeps what happens in a fit: in the run's folder its metrics, its best weights and events for
/// TensorBoard, and in the reporter's log. One of many processes of which another writes keeps
/// nothing.
class Records {
 public:
  /// The arguments outlive this.
  Records(const RunFolder& folder, Reporter& reporter, const models::Network& network,
          const RunDescription& description, bool leads);

  /// Begins event files, at `step`; of a loss that is scaled they tell the scale.
  void begin_events(std::int64_t step, bool scales_loss);

  void step(const train::StepReport& report);
  void evaluation();
  void epoch(const train::EpochReport& report);
  void saved(const train::EpochReport& report);

 private:
  const RunFolder& folder_;
  Reporter& reporter_;
  const models::Network& network_;
  const RunDescription& description_;
  bool leads_;
  bool scales_loss_ = false;
  std::unique_ptr<tensorboard::EventWriter> events_;  // null: none are wanted
  std::unique_ptr<FiringRates> rates_;                // of the evaluation in progress
};

}  // namespace staa::run
