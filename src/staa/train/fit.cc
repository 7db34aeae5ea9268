#include "staa/train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "staa/data/loading/loader.h"
#include "staa/train/agreement.h"
#include "staa/train/feed.h"
#include "staa/train/phases.h"
#include "staa/train/schedule.h"
#include "staa/train/statistics.h"
#include "staa/train/steps.h"
#include "staa/train/training_state.h"
#include "staa/util/error.h"

namespace staa::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::max(1e-9, std::chrono::duration<double>(Clock::now() - start).count());
}

bool out_of_steps(const Progress& progress, const TrainOptions& options) {
  return options.max_steps > 0 && progress.step >= options.max_steps;
}

void check(const FitOptions& options) {
  const auto at_least = [](const char* name, auto value, decltype(value) low) {
    if (value >= low) return;
    fail(ErrorKind::kUsage, "{}: expected at least {}, found {}", name, low, value);
  };
  at_least("epochs", options.epochs, std::int64_t{1});
  at_least("eval_batch", options.eval_batch, std::int64_t{0});
  at_least("workers", options.workers, std::int64_t{0});
  at_least("mixup", options.mixup, 0.0);
  at_least("clip_norm", options.clip_norm, 0.0);
  at_least("loss_scale", options.loss_scale, 0.0);
  at_least("spike_budget.weight", options.spike_budget.weight, 0.0);
  at_least("spike_budget.ramp_epochs", options.spike_budget.ramp_epochs, 0.0);
  if (options.spike_budget.target < 0 || options.spike_budget.target > 1) {
    fail(ErrorKind::kUsage, "spike_budget.target: expected 0 to 1, found {}",
         options.spike_budget.target);
  }
  if (options.distill < 0 || options.distill > 1) {
    fail(ErrorKind::kUsage, "distill: expected 0 to 1, found {}", options.distill);
  }
  if (options.ema < 0 || options.ema >= 1) {
    fail(ErrorKind::kUsage, "ema: expected 0 to below 1, found {}", options.ema);
  }
  if (options.optimizer.lr <= 0) {
    fail(ErrorKind::kUsage, "optimizer.lr: expected above 0, found {}", options.optimizer.lr);
  }
  at_least("batch", options.batch, options.all->size());
  if (options.resume && options.checkpoint.empty()) {
    fail(ErrorKind::kUsage, "resume: expected a checkpoint to continue from, found no path");
  }
}

std::unique_ptr<data::Loader> make_loader(std::shared_ptr<const data::Source> source,
                                          const FitOptions& options, bool training) {
  data::LoaderOptions loading;
  loading.share = {options.all->rank(), options.all->size()};
  loading.batch = !training && options.eval_batch > 0 ? options.eval_batch : options.batch;
  loading.set_workers(options.workers);
  loading.skip_corrupt = options.skip_corrupt;
  loading.shuffle = training;
  if (training) loading.seed = options.seed;
  return std::make_unique<data::Loader>(std::move(source), loading);
}

/// Decides when a checkpoint is due in the middle of an epoch.
class CheckpointClock {
 public:
  explicit CheckpointClock(const FitOptions& options) : options_(options) {}

  void saved() { last_ = Clock::now(); }

  /// Only rank 0's clock counts.
  bool due_by_time() const {
    return options_.all->leads() && options_.checkpoint_minutes > 0 &&
           seconds_since(last_) >= 60 * options_.checkpoint_minutes;
  }
  /// Call it once after each step.
  bool due_by_steps() {
    return options_.checkpoint_steps > 0 && ++steps_ % options_.checkpoint_steps == 0;
  }

 private:
  const FitOptions& options_;
  Clock::time_point last_ = Clock::now();
  std::int64_t steps_ = 0;
};

/// The loop over epochs.
class Fit {
 public:
  Fit(const Classifier& network, std::shared_ptr<const data::Source> training,
      std::shared_ptr<const data::Source> test, const FitOptions& options,
      const Callbacks& callbacks)
      : options_(options),
        callbacks_(callbacks),
        state_(begin(network, options)),
        training_(make_loader(std::move(training), options, /*training=*/true)),
        test_(make_loader(std::move(test), options, /*training=*/false)),
        feed_(*training_, options.device),
        phases_(*state_, options, callbacks),
        steps_(*state_, options, callbacks),
        clock_(options) {}

  FitResult run() {
    check_others();
    broadcast_state(*options_.all, state_->module());
    if (state_->average && state_->progress.step == 0) state_->average->restart();
    if (callbacks_.begin) callbacks_.begin(state_->progress);
    while (stop_ == 0 && !done()) train_epoch();
    if (last_.samples == 0 && stop_ == 0) evaluate_again();
    if (state_->average) state_->average->put();
    return {state_->progress, last_, stop_};
  }

 private:
  static std::unique_ptr<TrainingState> begin(const Classifier& network,
                                              const FitOptions& options) {
    auto state = std::make_unique<TrainingState>(network, options);
    if (options.resume && std::filesystem::exists(options.checkpoint)) state->load();
    return state;
  }

  bool done() const { return is_done(state_->progress, options_); }
  /// The number of epochs done after `batches` batches of the epoch in progress.
  double epochs_at(std::int64_t batches) const {
    return static_cast<double>(state_->progress.epoch) +
           static_cast<double>(batches) / static_cast<double>(training_->batches());
  }
  double epochs_left(const Progress& progress) const;
  double learning_rate_at(std::int64_t batch) const;
  double budget_at(std::int64_t batch) const {
    if (phases_.now().activation == Activation::kRelu) return 0;
    const auto ramp = options_.spike_budget.ramp_epochs;
    const auto spiking = epochs_at(batch + 1) - static_cast<double>(phases_.first_with_spikes());
    return spiking >= ramp ? 1 : spiking / ramp;
  }
  int wants_to_stop() const { return callbacks_.stop ? callbacks_.stop() : 0; }

  void check_others() const;
  GroupState agree(const FedBatch* batch);
  void estimate_statistics_anew();
  void train_epoch();
  bool train_batches();
  void finish_epoch();
  void evaluate_again();
  Evaluation evaluate_now();
  void report_step(const Steps::Outcome& outcome, double rate) const;
  void report_skipped(const std::vector<std::string>& reasons);
  void report_remarks();
  void save();

  const FitOptions& options_;
  const Callbacks& callbacks_;
  std::unique_ptr<TrainingState> state_;
  std::unique_ptr<data::Loader> training_;
  std::unique_ptr<data::Loader> test_;
  Feed feed_;  // reads from training_
  Phases phases_;
  Steps steps_;
  CheckpointClock clock_;
  Evaluation last_;
  int stop_ = 0;                   // why all processes agreed to stop early, or 0
  std::set<std::string> skipped_;  // messages about corrupt samples that were already reported
  bool remarked_ = false;
  // Start of the epoch in progress, for the speed shown.
  Clock::time_point epoch_start_;
  std::int64_t epoch_start_samples_ = 0;
};

double Fit::learning_rate_at(std::int64_t batch) const {
  auto schedule = options_.schedule;
  double begin = 0;
  auto end = static_cast<double>(options_.epochs);
  const auto spikes = static_cast<double>(phases_.first_with_spikes());
  if (schedule.restart && spikes > 0) {
    if (phases_.now().activation == Activation::kRelu) {
      end = spikes;
    } else {
      begin = spikes;
      schedule.warmup_epochs = 0;
    }
  }
  return learning_rate(schedule, options_.optimizer.lr, epochs_at(batch) - begin, end - begin) *
         (phases_.changed() ? options_.phase_lr : 1);
}

void Fit::check_others() const {
  const auto& progress = state_->progress;
  check_agreement(*options_.all,
                  {{"size of its data", fmt::format("{} and {} samples", training_->source().size(),
                                                    test_->source().size())},
                   {"checkpoint", fmt::format("{} steps, {} epochs and {} batches", progress.step,
                                              progress.epoch, progress.batch)}});
}

/// Exchanges this process's state with the others. `batch` is null at the end of an epoch.
GroupState Fit::agree(const FedBatch* batch) {
  ProcessState own;
  if (batch != nullptr) {
    own.samples = batch->size;
    own.skipped = batch->skipped;
  }
  own.stop = wants_to_stop();
  own.save = clock_.due_by_time();
  auto group = exchange(*options_.all, own);
  stop_ = group.stop;
  return group;
}

void Fit::estimate_statistics_anew() {
  constexpr int kBatches = 32;
  feed_.start(state_->progress.epoch, 0);
  auto& all = *options_.all;
  estimate_statistics(state_->module(), [&](int number) {
    if (number == kBatches) return false;
    for (;;) {
      const auto batch = feed_.next();
      // Either all processes show a batch or none does, since they sum its statistics.
      const auto ready =
          torch::tensor({batch ? 1.0 : 0.0, batch && batch->size > 0 ? 1.0 : 0.0}, torch::kDouble);
      all.sum(ready);
      const auto counts = ready.accessor<double, 1>();
      const auto processes = static_cast<double>(all.size());
      if (counts[0] < processes) return false;
      if (counts[1] < processes) continue;
      steps_.show(batch->tensors.inputs);
      return true;
    }
  });
}

void Fit::train_epoch() {
  phases_.enter([this] { estimate_statistics_anew(); });
  state_->module().train();
  feed_.start(state_->progress.epoch, state_->progress.batch);
  epoch_start_ = Clock::now();
  epoch_start_samples_ = state_->progress.samples;
  if (train_batches()) {
    finish_epoch();
  } else {
    save();
  }
}

/// Returns false if all processes agreed to stop.
bool Fit::train_batches() {
  auto& progress = state_->progress;
  const double seconds_before = progress.seconds;
  for (;;) {
    auto batch = out_of_steps(progress, options_) ? std::nullopt : feed_.next();
    const auto group = agree(batch ? &*batch : nullptr);
    if (group.stop != 0) return false;
    if (!batch) return true;
    report_skipped(group.skipped);
    progress.skipped += static_cast<std::int64_t>(group.skipped.size());
    if (group.samples == 0) {
      ++progress.batch;
      continue;
    }
    const Steps::Pace pace{learning_rate_at(progress.batch), budget_at(progress.batch)};
    const auto outcome = steps_.take(std::move(batch->tensors), group, pace);
    progress.seconds = seconds_before + seconds_since(epoch_start_);
    const bool by_steps = clock_.due_by_steps();
    if (group.save || by_steps) save();
    report_step(outcome, pace.learning_rate);
  }
}

void Fit::report_step(const Steps::Outcome& outcome, double rate) const {
  if (!callbacks_.step) return;
  StepReport report;
  const auto& progress = report.progress = state_->progress;
  report.epoch = progress.epoch + 1;
  report.epochs = options_.epochs;
  report.batches = training_->batches();
  report.taken = outcome.taken;
  report.loss = outcome.loss;
  report.learning_rate = rate;
  report.images_per_s =
      static_cast<double>(progress.samples - epoch_start_samples_) / seconds_since(epoch_start_);
  report.seconds_left = epochs_left(progress) * static_cast<double>(training_->source().size()) /
                        std::max(1e-9, report.images_per_s);
  callbacks_.step(report);
}

/// What is left to train, in epochs of the current phase: an epoch's time grows with its time
/// steps.
double Fit::epochs_left(const Progress& progress) const {
  double left = static_cast<double>(progress.epoch + 1) - epochs_at(progress.batch);
  for (auto epoch = progress.epoch + 1; epoch < options_.epochs; ++epoch) {
    const auto* phase = phase_at(options_.phases, epoch);
    left += phase == nullptr
                ? 1
                : static_cast<double>(phase->steps) / static_cast<double>(phases_.now().steps);
  }
  return left;
}

/// Reports each skipped sample once, with the reason.
void Fit::report_skipped(const std::vector<std::string>& reasons) {
  for (const auto& reason : reasons) {
    if (skipped_.insert(reason).second && callbacks_.say) callbacks_.say("skipped: " + reason);
  }
}

/// Reports the remarks about the training and test data, once.
void Fit::report_remarks() {
  if (std::exchange(remarked_, true) || !callbacks_.warn) return;
  for (const auto* loader : {training_.get(), test_.get()}) {
    if (const auto remark = loader->source().remark(); !remark.empty()) callbacks_.warn(remark);
  }
}

Evaluation Fit::evaluate_now() {
  if (callbacks_.evaluation) callbacks_.evaluation();
  return evaluate(state_->network, *test_, options_.device, *options_.all,
                  [this] { return wants_to_stop() == 0; });
}

/// Repeats the evaluation of a training that was already complete.
void Fit::evaluate_again() {
  phases_.apply();
  std::optional<WeightAverage::InPlace> averaged;
  if (state_->average) averaged.emplace(*state_->average);
  last_ = evaluate_now();
  if (agree(nullptr).stop != 0) last_ = {};
}

void Fit::finish_epoch() {
  auto& progress = state_->progress;
  EpochReport report;
  report.images_per_s =
      static_cast<double>(progress.samples - epoch_start_samples_) / seconds_since(epoch_start_);
  report.loader_wait_s = training_->seconds_waited();
  steps_.average_statistics();
  std::optional<WeightAverage::InPlace> averaged;
  if (state_->average) averaged.emplace(*state_->average);
  last_ = evaluate_now();
  // If the evaluation was stopped, keep the epoch's training and evaluate it on resuming.
  if (agree(nullptr).stop != 0) {
    averaged.reset();
    last_ = {};
    return save();
  }
  report_skipped(last_.skipped);
  report_remarks();

  report.train_loss = progress.mean_loss();
  report.train_top1 = progress.top1();
  report.learning_rate = learning_rate_at(std::max<std::int64_t>(0, progress.batch - 1));
  report.phase = phases_.now();
  if (report.phase.activation == Activation::kSpike) report.spike_rate = steps_.spike_rate();
  report.last_phase = phases_.last();
  report.test = last_;
  report.skipped_train = progress.skipped;
  progress.evaluated_step = progress.step;
  // If max_steps ended the fit within an epoch, a longer training continues from its middle.
  auto middle = progress.batch < training_->batches() ? std::make_optional(progress) : std::nullopt;
  report.epoch = ++progress.epoch;
  report.epochs = options_.epochs;
  // Only the network of the last phase can be the best one.
  report.best = report.last_phase && last_.top1 > progress.best_top1;
  if (report.best) {
    progress.best_top1 = last_.top1;
    progress.best_epoch = progress.epoch;
  }
  progress.batch = progress.hits = progress.samples = progress.skipped = 0;
  progress.loss_sum = 0;
  report.progress = progress;
  if (callbacks_.epoch) callbacks_.epoch(report);
  averaged.reset();
  if (middle) {
    middle->best_top1 = progress.best_top1;
    middle->best_epoch = progress.best_epoch;
    progress = *middle;
  }
  save();
  if (callbacks_.saved) callbacks_.saved(report);
}

void Fit::save() {
  steps_.average_statistics();
  if (options_.all->leads() && !options_.checkpoint.empty()) state_->save();
  clock_.saved();
}

}  // namespace

bool is_done(const Progress& progress, const TrainOptions& options) {
  const bool evaluated = progress.evaluated_step == progress.step;
  return progress.epoch >= options.epochs || (out_of_steps(progress, options) && evaluated);
}

FitResult fit(const Classifier& network, const Data& training, const Data& test,
              const FitOptions& options, const Callbacks& callbacks) {
  check(options);
  return Fit(network, training.source(), test.source(), options, callbacks).run();
}

}  // namespace staa::train
