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

/// Records what happens in a fit: metrics, best weights and TensorBoard events in the run's folder,
/// and the reporter's log. With many processes, only the leading one records anything.
class Records {
 public:
  /// The arguments must outlive this object.
  Records(const RunFolder& folder, Reporter& reporter, const models::Network& network,
          const RunDescription& description, bool leads);

  /// Starts event files at `step`. They include the loss scale if the loss is scaled.
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
  std::unique_ptr<tensorboard::EventWriter> events_;  // null if not wanted
  std::unique_ptr<FiringRates> rates_;                // for the evaluation in progress
};

}  // namespace staa::run
