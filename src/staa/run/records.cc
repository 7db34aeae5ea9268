#include "staa/run/records.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "staa/options/names.h"

namespace staa::run {
namespace {

/// The number of training steps between two events with the loss of the current batch.
constexpr std::int64_t kEventSteps = 20;

/// "  skipped 2 + 0" for the training and test halves, or "".
std::string skipped_note(std::int64_t training, std::size_t test) {
  return training > 0 || test > 0 ? fmt::format("  skipped {} + {}", training, test) : "";
}

nlohmann::ordered_json row_of(const train::EpochReport& report) {
  nlohmann::ordered_json row{{"epoch", report.epoch},
                             {"step", report.progress.step},
                             {"learning_rate", report.learning_rate},
                             {"train_loss", report.train_loss},
                             {"train_top1", report.train_top1},
                             {"test_loss", report.test.loss},
                             {"test_top1", report.test.top1},
                             {"test_top5", report.test.top5},
                             {"steps", report.phase.steps},
                             {"activation", to_string(report.phase.activation)},
                             {"best_top1", report.progress.best_top1},
                             {"best_epoch", report.progress.best_epoch},
                             {"images_per_s", report.images_per_s},
                             {"loader_wait_s", report.loader_wait_s},
                             {"skipped_train", report.skipped_train},
                             {"skipped_test", report.test.skipped.size()},
                             {"train_seconds", report.progress.seconds}};
  if (report.spike_rate >= 0) row["spike_rate"] = report.spike_rate;
  return row;
}

}  // namespace

Records::Records(const RunFolder& folder, Reporter& reporter, const models::Network& network,
                 const RunDescription& description, bool leads)
    : folder_(folder),
      reporter_(reporter),
      network_(network),
      description_(description),
      leads_(leads) {}

void Records::begin_events(std::int64_t step, bool scales_loss) {
  scales_loss_ = scales_loss;
  events_ = std::make_unique<tensorboard::EventWriter>(folder_.root(), step);
}

void Records::step(const train::StepReport& report) {
  reporter_.step(report);
  const auto& progress = report.progress;
  if (!events_ || !report.taken || progress.step % kEventSteps != 0) return;
  events_->add(progress.step,
               {{"loss/batch", report.loss}, {"learning_rate", report.learning_rate}});
  if (scales_loss_) {
    events_->add(progress.step, {{"loss_scale", progress.loss_scale.value}});
  }
}

void Records::evaluation() {
  if (events_) rates_ = std::make_unique<FiringRates>(network_);
}

void Records::epoch(const train::EpochReport& report) {
  if (!leads_) return;
  folder_.append_metrics(row_of(report).dump());
  if (report.best) {
    train::save_weights(folder_.best(), network_, report.progress, to_metadata(description_));
  }
}

/// Events are written after the checkpoint, so that an epoch that must be repeated leaves none.
void Records::saved(const train::EpochReport& report) {
  if (events_) {
    std::vector<tensorboard::Scalar> scalars{{"loss/train", report.train_loss},
                                             {"loss/test", report.test.loss},
                                             {"accuracy/train", report.train_top1},
                                             {"accuracy/test", report.test.top1},
                                             {"images_per_s", report.images_per_s}};
    if (report.spike_rate >= 0) scalars.push_back({"spike_rate", report.spike_rate});
    for (const auto& layer : rates_->layers()) {
      if (layer.rate >= 0) scalars.push_back({"firing_rate/" + layer.name, layer.rate});
    }
    events_->add(report.progress.step, scalars);
  }
  rates_.reset();
  const auto spikes = report.spike_rate < 0
                          ? std::string()
                          : fmt::format("  spikes {:.2f} %", 100 * report.spike_rate);
  const auto phase =
      report.last_phase ? std::string() : fmt::format(" ({})", train::describe(report.phase));
  reporter_.say(fmt::format(
      "epoch {:>{}}/{}{}  train loss {:.4f} acc {:.2f} %  test loss {:.4f} acc {:.2f} %{}  {:.0f} "
      "images/s  lr {:.4g}{}{}",
      report.epoch, std::to_string(report.epochs).size(), report.epochs, phase, report.train_loss,
      report.train_top1, report.test.loss, report.test.top1, report.best ? " (best)" : "",
      report.images_per_s, report.learning_rate, spikes,
      skipped_note(report.skipped_train, report.test.skipped.size())));
}

}  // namespace staa::run
