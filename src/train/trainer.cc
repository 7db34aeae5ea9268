#include "staa/train/trainer.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "staa/distributed/gradient_sum.h"
#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/nn/whitening.h"
#include "staa/ops/card.h"
#include "staa/options/names.h"
#include "staa/tensorboard/events.h"
#include "staa/train/environment.h"
#include "staa/train/feed.h"
#include "staa/train/firing_rates.h"
#include "staa/train/loss.h"
#include "staa/train/non_finite.h"
#include "staa/train/phases.h"
#include "staa/train/precision.h"
#include "staa/train/reporter.h"
#include "staa/train/run_folder.h"
#include "staa/train/run_lock.h"
#include "staa/train/schedule.h"
#include "staa/train/setup.h"
#include "staa/train/signals.h"
#include "staa/train/statistics.h"
#include "staa/train/turn.h"
#include "staa/train/weight_average.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/random.h"
#include "staa/util/text.h"

namespace staa::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Key of the mixup draws, apart from those of the loader.
constexpr std::uint64_t kMixupStream = 0x6d69787570;

/// Key of the draws for images that the whitening stem is fitted to.
constexpr std::uint64_t kWhiteningStream = 0x776869746e;

/// Training steps from one event of the batch's own loss to the next.
constexpr std::int64_t kEventSteps = 20;

/// The run's folder, not made yet. Refuses to touch a run without being asked to, and to resume
/// where there is nothing.
RunFolder choose_folder(const TrainRequest& request) {
  RunFolder folder(request.out);
  if (folder.has_run() && !request.resume) {
    fail(ErrorKind::kUsage,
         "{}: a run is already here; use --resume to go on from its last checkpoint, or another "
         "--out for a new run",
         request.out.string());
  }
  if (request.resume && !folder.has_run()) {
    fail(ErrorKind::kUsage, "{}: nothing to resume: there is no checkpoint {}",
         request.out.string(), folder.last().filename().string());
  }
  return folder;
}

/// "  skipped 2 + 0", of both halves, or "".
std::string skipped_note(std::int64_t training, std::int64_t test) {
  return training + test > 0 ? fmt::format("  skipped {} + {}", training, test) : "";
}

/// What one process computes of a training step.
struct Part {
  TensorBatch batch;
  Turn turn;              ///< of the whole batch
  bool repeated = false;  ///< the part is the whole batch, in every process
  double weight = 1;      ///< of its mean loss in that of the whole batch
};

/// The gradient-descent loop over one run: what `train` keeps between its steps.
class Run {
 public:
  Run(const TrainRequest& request, const Sources& sources, const RunFolder& folder,
      Reporter& reporter);

  TrainResult execute();

 private:
  void announce() const;
  void check_others() const;
  void share_statistics();
  void fit_whitening(const data::Source& images);
  void apply_phase();
  void enter_phase();
  void estimate_statistics_anew();
  void train_epoch();
  Turn take_turn(const FedBatch* batch);
  Part part_of(TensorBatch own, const Turn& turn);
  void train_part(Part part);
  bool descend(const torch::Tensor& loss, double weight);
  void mix(Part& part, torch::Tensor& targets);
  torch::Tensor loss_of(Part& part, Hits& hits);
  double sum_up(const Part& part, const torch::Tensor& loss, const Hits& hits);
  void refuse_step(const ForwardState& before, const Part& part, const std::string& what);
  void report_step();
  void report_skipped(const std::vector<std::string>& reasons);
  void report_remarks();
  void finish_epoch();
  void evaluate_again();
  void write_events(const nlohmann::ordered_json& row,
                    const std::vector<FiringRates::Layer>& rates);
  void share_statistics_once();
  void save_last();
  bool clock_says_save();
  bool out_of_steps() const {
    return recipe_.train.max_steps > 0 && progress_.step >= recipe_.train.max_steps;
  }
  bool done() const {
    const bool evaluated = progress_.evaluated_step == progress_.step;
    return progress_.epoch >= recipe_.train.epochs || (out_of_steps() && evaluated);
  }
  /// Epochs done after `batches` batches of the one in progress.
  double epochs_at(std::int64_t batches) const {
    return static_cast<double>(progress_.epoch) +
           static_cast<double>(batches) / static_cast<double>(loader_->batches());
  }
  double learning_rate_at(std::int64_t batch) const {
    return learning_rate(recipe_.schedule, recipe_.optimizer.lr, epochs_at(batch),
                         static_cast<double>(recipe_.train.epochs)) *
           (phase_ == phase_at(recipe_, 0) ? 1 : recipe_.train.phase_lr);
  }

  const TrainRequest& request_;
  const recipe::Recipe& recipe_;
  const RunFolder& folder_;
  Reporter& reporter_;
  distributed::Communicator& all_;
  torch::Device device_;
  RunDescription description_;
  std::shared_ptr<models::Network> network_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<WeightAverage> average_;  // null: the recipe wants none
  std::unique_ptr<distributed::GradientSum> gradients_;
  std::unique_ptr<data::Loader> loader_;
  std::unique_ptr<data::Loader> test_loader_;
  std::unique_ptr<Feed> feed_;                        // of loader_
  std::unique_ptr<tensorboard::EventWriter> events_;  // null: the recipe wants none
  Progress progress_;
  Phase phase_;
  Evaluation last_;
  std::set<std::string> skipped_;  // what was said of corrupt samples
  bool remarked_ = false;
  bool told_to_stop_ = false;  // this process
  bool scales_loss_ = false;
  bool repeated_ = false;  // the step in progress computes the whole batch in every process
  // What all have agreed on: to stop before the end. The epoch in progress is left as it is, to be
  // resumed.
  bool stopping_ = false;
  int signal_ = 0;
  Clock::time_point last_saved_ = Clock::now();
  // Of this process's share of the epoch in progress, for the speed shown.
  Clock::time_point epoch_start_;
  std::int64_t epoch_start_samples_ = 0;
};

Run::Run(const TrainRequest& request, const Sources& sources, const RunFolder& folder,
         Reporter& reporter)
    : request_(request),
      recipe_(request.recipe),
      folder_(folder),
      reporter_(reporter),
      all_(*request.all),
      device_(choose_device(request.recipe, all_.launch().local_rank)) {
  check_precision(recipe_, device_);
  make_repeatable(device_);
  set_threads(recipe_.threads, all_.launch().local_size);
  description_ = {recipe::to_toml(recipe_), sources.input};
  torch::manual_seed(static_cast<std::uint64_t>(recipe_.seed));
  network_ = models::make_network(network_options(recipe_, description_.input));
  network_->to(device_);
  optimizer_ = std::make_unique<Optimizer>(*network_, recipe_.optimizer);
  if (recipe_.train.ema > 0) {
    average_ = std::make_unique<WeightAverage>(*network_, recipe_.train.ema);
  }
  gradients_ = std::make_unique<distributed::GradientSum>(*network_, request.all);
  const data::Share share{all_.rank(), all_.size()};
  loader_ = training_loader(sources.train, recipe_, share);
  test_loader_ = evaluation_loader(sources.test, recipe_, share);
  feed_ = std::make_unique<Feed>(*loader_, device_);
  const auto first_scale = first_loss_scale(recipe_);
  scales_loss_ = first_scale > 0;
  if (scales_loss_) progress_.loss_scale.value = first_scale;
  const bool goes_on = request.resume && std::filesystem::exists(folder_.last());
  if (goes_on) {
    progress_ = load_checkpoint(folder_.last(), *network_, *optimizer_, average_.get());
  } else if (network_->whitening() != nullptr) {
    fit_whitening(*sources.train);
  }
  phase_ = phase_at(recipe_, progress_.batch > 0 ? progress_.epoch : progress_.epoch - 1);
  check_others();
  broadcast_state(all_, *network_);
  if (average_ && !goes_on) average_->restart();
  share_statistics();
  if (!all_.leads()) return;
  if (request.resume && !done()) folder_.keep_metrics(progress_.epoch);
  // On resuming too: what may be changed then holds for the next start and for the run's readers.
  write_file_atomically(folder_.recipe(), description_.recipe);
  folder_.append_environment(describe_environment(device_));
  if (recipe_.train.tensorboard) {
    events_ = std::make_unique<tensorboard::EventWriter>(folder_.root(), progress_.step);
  }
}

void Run::check_others() const {
  if (recipe_.train.batch < all_.size()) {
    fail(ErrorKind::kUsage,
         "train.batch = {}: expected at least one sample for each of {} processes",
         recipe_.train.batch, all_.size());
  }
  // Where the data lie and how they are loaded is each machine's own affair.
  auto recipe = recipe_;
  recipe.data.path = recipe.data.class_names = recipe.data.cache = "";
  recipe.data.workers = recipe.threads = 0;
  recipe.device = {};
  recipe.device_index = -1;
  check_agreement(all_,
                  {{"recipe", recipe::to_toml(recipe)},
                   {"size of its data", fmt::format("{} and {} samples", loader_->source().size(),
                                                    test_loader_->source().size())},
                   {"checkpoint", fmt::format("{} steps, {} epochs and {} batches", progress_.step,
                                              progress_.epoch, progress_.batch)}});
}

void Run::share_statistics() {
  if (all_.alone() || !recipe_.train.sync_batch_norm) return;
  for (const auto& module : network_->modules()) {
    auto* layer = dynamic_cast<nn::ConvNorm*>(module.get());
    if (layer == nullptr) continue;
    layer->share_statistics([this](torch::Tensor& sums) {
      if (!repeated_) all_.sum(sums);
    });
  }
}

void Run::announce() const {
  reporter_.say(fmt::format("{}: {} training and {} test images, {} classes",
                            loader_->source().name(), with_thousands(loader_->source().size()),
                            with_thousands(test_loader_->source().size()),
                            description_.input.classes.size()));
  const auto card = ops::card::name_of(device_);
  reporter_.say(fmt::format(
      "{} of width {}, {} neurons, T = {}: {} parameters, on {}{} with {} threads",
      recipe_.model.network, recipe_.model.width, to_string(recipe_.neuron.kind),
      recipe_.model.steps, with_thousands(models::parameter_count(*network_)), device_.str(),
      card.empty() ? "" : fmt::format(" ({})", card), at::get_num_threads()));
  if (device_.is_cuda() && !ops::card::present() &&
      recipe_.execution.operators == Operators::kFused) {
    reporter_.warn(
        "this build has no kernels for graphics cards, so neurons run on the plain composition, "
        "slowly and in much memory: build with nvcc and a LibTorch for CUDA");
  }
  if (!all_.alone()) {
    reporter_.say(fmt::format(
        "{} processes, started by {}, {} here; {} of a batch of {} each", all_.size(),
        all_.launch().by, all_.launch().local_size,
        recipe_.train.sync_batch_norm ? "shares" : "shares, with statistics of their own,",
        recipe_.train.batch));
  }
  if (progress_.step > 0) {
    reporter_.say(
        fmt::format("resumed after {} epochs and {} batches", progress_.epoch, progress_.batch));
  }
}

TrainResult Run::execute() {
  announce();
  while (!stopping_ && !done()) train_epoch();
  if (last_.samples == 0 && !stopping_) evaluate_again();
  return {progress_, last_, stopping_, signal_};
}

/// The figures of a run of which nothing was left to train.
void Run::evaluate_again() {
  apply_phase();
  std::optional<WeightAverage::InPlace> averaged;
  if (average_) averaged.emplace(*average_);
  last_ = evaluate(*network_, *test_loader_, device_, all_,
                   [] { return StopSignals::received() == 0; });
  if (take_turn(nullptr).stop) last_ = {};
}

/// Tells the others where this process stands and hears of them; `batch` is null at the end of an
/// epoch.
Turn Run::take_turn(const FedBatch* batch) {
  Offer offer;
  if (batch != nullptr) {
    offer.samples = batch->size;
    offer.skipped = batch->skipped;
  }
  offer.signal = StopSignals::received();
  offer.stop = told_to_stop_;
  offer.save = clock_says_save();
  auto turn = train::take_turn(all_, offer);
  stopping_ = turn.stop;
  signal_ = turn.signal;
  return turn;
}

/// Shows the stem some training images, always the same.
void Run::fit_whitening(const data::Source& images) {
  constexpr std::int64_t kMost = 5000;
  constexpr std::int64_t kMostValues = std::int64_t{1} << 26;
  const auto shape = images.shape();
  const auto count =
      std::min({kMost, images.size(), std::max<std::int64_t>(1, kMostValues / shape.values())});
  auto values = torch::empty({count, shape.height, shape.width, shape.channels});
  Random random{static_cast<std::uint64_t>(recipe_.seed), kWhiteningStream};
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    try {  // spread over the set, which may be in the order of its classes
      images.read(i * images.size() / count, random, values[read].data_ptr<float>());
      ++read;
    } catch (const Error& error) {
      if (recipe_.data.corrupt != recipe::Corrupt::kSkip || error.kind() != ErrorKind::kInput)
        throw;
    }
  }
  if (read == 0) fail(ErrorKind::kInput, "{}: no image for the whitening stem", images.name());
  network_->whitening()->fit(values.narrow(0, 0, read).permute({0, 3, 1, 2}));
}

void Run::apply_phase() {
  network_->set_steps(phase_.steps);
  network_->set_activation(phase_.activation);
}

/// Makes the network that of the epoch to come. Where it changes, BatchNorm's statistics no longer
/// fit and the average is of another network.
void Run::enter_phase() {
  const auto before = phase_;
  phase_ = phase_at(recipe_, progress_.epoch);
  apply_phase();
  if (progress_.epoch == 0 || progress_.batch > 0 || phase_ == before) return;
  reporter_.say(fmt::format("epoch {}: from {} to {}", progress_.epoch + 1, describe(before),
                            describe(phase_)));
  if (phase_.steps > before.steps) network_->repeat_encodings(before.steps);
  estimate_statistics_anew();
  if (average_) average_->restart();
}

void Run::estimate_statistics_anew() {
  constexpr int kBatches = 32;
  feed_->start(progress_.epoch, 0);
  repeated_ = false;
  estimate_statistics(*network_, [&](int number) {
    if (number == kBatches) return false;
    for (;;) {
      const auto batch = feed_->next();
      // All processes see a batch or none does, as they add its statistics up.
      auto ready =
          torch::tensor({batch ? 1.0 : 0.0, batch && batch->size > 0 ? 1.0 : 0.0}, torch::kDouble);
      all_.sum(ready);
      const auto counts = ready.accessor<double, 1>();
      const auto processes = static_cast<double>(all_.size());
      if (counts[0] < processes) return false;
      if (counts[1] < processes) continue;
      network_->forward(batch->tensors.images);
      return true;
    }
  });
}

void Run::train_epoch() {
  enter_phase();
  network_->train();
  feed_->start(progress_.epoch, progress_.batch);
  epoch_start_ = Clock::now();
  epoch_start_samples_ = progress_.samples;
  const double seconds_before = progress_.seconds;
  std::int64_t steps = 0;
  for (;;) {
    auto batch = out_of_steps() ? std::nullopt : feed_->next();
    const auto turn = take_turn(batch ? &*batch : nullptr);
    if (turn.stop) return save_last();
    if (!batch) break;
    report_skipped(turn.skipped);
    progress_.skipped += static_cast<std::int64_t>(turn.skipped.size());
    if (turn.samples == 0) {
      ++progress_.batch;
      continue;
    }
    train_part(part_of(std::move(batch->tensors), turn));
    progress_.seconds = seconds_before + seconds_since(epoch_start_);
    report_step();
    const auto every = recipe_.train.checkpoint_steps;
    if (turn.save || (every > 0 && ++steps % every == 0)) save_last();
    if (request_.keep_going && !request_.keep_going(progress_)) told_to_stop_ = true;
  }
  finish_epoch();
}

/// The own share, or, where one would have nothing to do, the whole batch for everyone.
Part Run::part_of(TensorBatch own, const Turn& turn) {
  Part part{std::move(own), turn};
  if (all_.alone()) return part;
  part.repeated = !turn.all_have;
  if (part.repeated) {
    part.batch = {gather_images(all_, part.batch.images),
                  distributed::gather_rows(all_, part.batch.labels)};
    part.turn.first = 0;
    part.weight = 1 / static_cast<double>(all_.size());
  } else {
    part.weight =
        static_cast<double>(part.batch.labels.size(0)) / static_cast<double>(part.turn.samples);
  }
  return part;
}

/// Mixup with partners from the whole batch.
void Run::mix(Part& part, torch::Tensor& targets) {
  Random random{static_cast<std::uint64_t>(recipe_.seed), kMixupStream,
                static_cast<std::uint64_t>(progress_.step)};
  const double share = random.beta(recipe_.augment.mixup, recipe_.augment.mixup);
  std::vector<std::int64_t> partner(static_cast<std::size_t>(part.turn.samples));
  std::iota(partner.begin(), partner.end(), 0);
  for (std::size_t i = partner.size(); i > 1; --i) {
    std::swap(partner[i - 1],
              partner[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  }
  auto& batch = part.batch;
  const auto order = torch::tensor(partner, torch::kLong)
                         .narrow(0, part.turn.first, batch.labels.size(0))
                         .to(device_);
  const auto images = part.repeated ? batch.images : gather_images(all_, batch.images);
  const auto others = part.repeated ? targets : distributed::gather_rows(all_, targets);
  const auto partners = images.index_select(batch.batch_dimension(), order);
  batch.images = share * batch.images + (1 - share) * partners;
  targets = share * targets + (1 - share) * others.index_select(0, order);
}

torch::Tensor Run::loss_of(Part& part, Hits& hits) {
  const auto classes = static_cast<std::int64_t>(description_.input.classes.size());
  const auto& train = recipe_.train;
  auto targets = soft_targets(part.batch.labels, classes, train.label_smoothing);
  if (recipe_.augment.mixup > 0) mix(part, targets);
  const auto logits = network_->forward(part.batch.images);
  hits = count_hits(logits, part.batch.labels);
  if (train.loss == recipe::Loss::kTet) {
    return tet_loss(logits, targets, train.tet_lambda, recipe_.neuron.threshold);
  }
  return mean_output_loss(logits, targets);
}

/// The whole batch's mean loss; its hits join the epoch's where the loss is finite.
double Run::sum_up(const Part& part, const torch::Tensor& loss, const Hits& hits) {
  const bool counts = !part.repeated || all_.leads();
  const auto sums = torch::tensor(
      {loss.item<double>() * part.weight, counts ? static_cast<double>(hits.top1) : 0.0},
      torch::kDouble);
  all_.sum(sums);
  const auto values = sums.accessor<double, 1>();
  if (std::isfinite(values[0])) progress_.hits += static_cast<std::int64_t>(values[1]);
  return values[0];
}

void Run::train_part(Part part) {
  const bool may_skip = recipe_.train.on_nan == recipe::OnNan::kSkip;
  const ForwardState before(*network_, may_skip);
  const auto hits_before = progress_.hits;
  repeated_ = part.repeated;
  const double rate = learning_rate_at(progress_.batch);
  optimizer_->set_learning_rate(rate);
  optimizer_->zero_grad();
  Hits hits;
  const auto loss = loss_of(part, hits);
  const double value = sum_up(part, loss, hits);
  if (!std::isfinite(value)) {
    return refuse_step(before, part, fmt::format("the loss is {}", value));
  }
  if (!descend(loss, part.weight)) {
    progress_.hits = hits_before;
    return refuse_step(before, part,
                       fmt::format("the {} is not finite", non_finite_gradient(*network_)));
  }

  progress_.loss_sum += value * static_cast<double>(part.turn.samples);
  progress_.samples += part.turn.samples;
  ++progress_.batch;
  ++progress_.step;
  if (events_ && progress_.step % kEventSteps == 0) {
    events_->add(progress_.step, {{"loss/batch", value}, {"learning_rate", rate}});
    if (scales_loss_) events_->add(progress_.step, {{"loss_scale", progress_.loss_scale.value}});
  }
}

/// The backward pass and the optimiser's step. False, with all as it was, where gradients are not
/// finite and the loss's scale is not to blame; where it may be, the scale falls and the weights
/// stay. Gradients are those of all processes, so that all do the same.
bool Run::descend(const torch::Tensor& loss, double weight) {
  auto& scale = progress_.loss_scale;
  gradients_->begin();
  const double factor = weight * scale.value;
  (factor == 1 ? loss : loss * factor).backward();
  gradients_->finish();
  optimizer_->unscale_gradients(scale.value);
  const bool finite = optimizer_->gradients_are_finite();
  if (!finite && !(scales_loss_ && scale.can_fall())) return false;
  if (finite) {
    if (recipe_.train.clip_norm > 0) optimizer_->clip_gradients(recipe_.train.clip_norm);
    optimizer_->step();
    if (average_) average_->update();
  }
  if (scales_loss_) scale.follow(finite);
  if (!finite) {
    reporter_.say(fmt::format(
        "step {}: gradients are not finite, the weights stay; the loss is scaled by {} from here",
        progress_.step + 1, scale.value));
  }
  return true;
}

/// Ends the run with the place of the first value that is not finite, or leaves the step out. All
/// processes come here together.
void Run::refuse_step(const ForwardState& before, const Part& part, const std::string& what) {
  const auto parameter = non_finite_parameter(*network_);
  before.restore_generator();
  const auto layers =
      distributed::gather_texts(all_, {non_finite_layer(*network_, part.batch.images)});
  auto place = parameter;
  for (const auto& layer : layers) {
    if (place.empty()) place = layer;
  }
  const auto message =
      fmt::format("epoch {}, batch {} (step {}): {}{}", progress_.epoch + 1, progress_.batch + 1,
                  progress_.step + 1, what, place.empty() ? "" : "; first not finite: " + place);
  // With such weights no later step is better.
  if (recipe_.train.on_nan == recipe::OnNan::kStop || !parameter.empty()) {
    fail(ErrorKind::kRuntime,
         "{}; the last checkpoint is kept. Try a smaller optimizer.lr or train.clip_norm", message);
  }
  before.restore_buffers(*network_);
  reporter_.warn(message + "; the step is left out");
  ++progress_.batch;
  ++progress_.step;
}

void Run::report_step() {
  const double elapsed = std::max(1e-9, seconds_since(epoch_start_));
  const auto samples = static_cast<double>(progress_.samples);
  const double speed = static_cast<double>(progress_.samples - epoch_start_samples_) / elapsed;
  const auto total = static_cast<double>(loader_->source().size());
  const auto epochs_left = static_cast<double>(recipe_.train.epochs) - epochs_at(progress_.batch);
  StepReport report;
  report.epoch = progress_.epoch + 1;
  report.epochs = recipe_.train.epochs;
  report.batch = progress_.batch;
  report.batches = loader_->batches();
  report.loss = progress_.loss_sum / std::max(1.0, samples);
  report.top1 = 100.0 * static_cast<double>(progress_.hits) / std::max(1.0, samples);
  report.images_per_s = speed;
  report.seconds_left = epochs_left * total / std::max(1e-9, speed);
  reporter_.step(report);
}

/// Says of each sample once why it is left out.
void Run::report_skipped(const std::vector<std::string>& reasons) {
  for (const auto& reason : reasons) {
    if (skipped_.insert(reason).second) reporter_.say("skipped: " + reason);
  }
}

/// Says once what there is to say of the samples of each half.
void Run::report_remarks() {
  if (std::exchange(remarked_, true)) return;
  for (const auto* loader : {loader_.get(), test_loader_.get()}) {
    if (const auto remark = loader->source().remark(); !remark.empty()) reporter_.warn(remark);
  }
}

void Run::finish_epoch() {
  const double elapsed = std::max(1e-9, seconds_since(epoch_start_));
  const double speed = static_cast<double>(progress_.samples - epoch_start_samples_) / elapsed;
  const double waited = loader_->seconds_waited();
  share_statistics_once();
  std::unique_ptr<FiringRates> rates;
  if (events_) rates = std::make_unique<FiringRates>(*network_);
  std::optional<WeightAverage::InPlace> averaged;
  if (average_) averaged.emplace(*average_);
  last_ = evaluate(*network_, *test_loader_, device_, all_,
                   [] { return StopSignals::received() == 0; });
  // A stop in the evaluation: the epoch's training is kept, its evaluation is made on resuming.
  if (take_turn(nullptr).stop) {
    averaged.reset();
    last_ = {};
    return save_last();
  }
  report_skipped(last_.skipped);
  report_remarks();

  const auto samples = static_cast<double>(std::max<std::int64_t>(1, progress_.samples));
  const double train_loss = progress_.loss_sum / samples;
  const double train_top1 = 100.0 * static_cast<double>(progress_.hits) / samples;
  const double last_rate = learning_rate_at(std::max<std::int64_t>(0, progress_.batch - 1));
  progress_.evaluated_step = progress_.step;
  // Ended by train.max_steps within an epoch: a longer run goes on in its middle.
  auto middle = progress_.batch < loader_->batches() ? std::make_optional(progress_) : std::nullopt;
  ++progress_.epoch;
  // What is not the network that the recipe asks for is not its best.
  const bool best = phase_ == final_phase(recipe_) && last_.top1 > progress_.best_top1;
  if (best) {
    progress_.best_top1 = last_.top1;
    progress_.best_epoch = progress_.epoch;
  }
  progress_.batch = 0;
  progress_.loss_sum = 0;
  progress_.hits = progress_.samples = 0;
  const auto skipped = std::exchange(progress_.skipped, 0);

  const nlohmann::ordered_json row{{"epoch", progress_.epoch},
                                   {"step", progress_.step},
                                   {"learning_rate", last_rate},
                                   {"train_loss", train_loss},
                                   {"train_top1", train_top1},
                                   {"test_loss", last_.loss},
                                   {"test_top1", last_.top1},
                                   {"test_top5", last_.top5},
                                   {"steps", phase_.steps},
                                   {"activation", to_string(phase_.activation)},
                                   {"best_top1", progress_.best_top1},
                                   {"best_epoch", progress_.best_epoch},
                                   {"images_per_s", speed},
                                   {"loader_wait_s", waited},
                                   {"skipped_train", skipped},
                                   {"skipped_test", last_.skipped.size()},
                                   {"train_seconds", progress_.seconds}};
  if (all_.leads()) {
    folder_.append_metrics(row.dump());
    if (best) save_weights(folder_.best(), *network_, progress_, description_);
  }
  averaged.reset();
  const auto epoch = progress_.epoch;
  if (middle) {
    middle->best_top1 = progress_.best_top1;
    middle->best_epoch = progress_.best_epoch;
    progress_ = *middle;
  }
  save_last();
  // After the checkpoint: an epoch that is repeated has left no events.
  if (events_) write_events(row, rates->layers());
  reporter_.say(fmt::format(
      "epoch {:>{}}/{}{}  train loss {:.4f} acc {:.2f} %  test loss {:.4f} acc {:.2f} %{}  {:.0f} "
      "images/s  lr {:.4g}{}",
      epoch, std::to_string(recipe_.train.epochs).size(), recipe_.train.epochs,
      phase_ == final_phase(recipe_) ? "" : fmt::format(" ({})", describe(phase_)), train_loss,
      train_top1, last_.loss, last_.top1, best ? " (best)" : "", speed, last_rate,
      skipped_note(skipped, static_cast<std::int64_t>(last_.skipped.size()))));
}

void Run::write_events(const nlohmann::ordered_json& row,
                       const std::vector<FiringRates::Layer>& rates) {
  std::vector<tensorboard::Scalar> scalars;
  const std::vector<std::pair<const char*, const char*>> tags{{"loss/train", "train_loss"},
                                                              {"loss/test", "test_loss"},
                                                              {"accuracy/train", "train_top1"},
                                                              {"accuracy/test", "test_top1"},
                                                              {"images_per_s", "images_per_s"}};
  for (const auto& [tag, key] : tags) scalars.push_back({tag, row.at(key).get<double>()});
  for (const auto& layer : rates) {
    if (layer.rate >= 0) scalars.push_back({"firing_rate/" + layer.name, layer.rate});
  }
  events_->add(progress_.step, scalars);
}

/// Statistics of each process's own become the means of all.
void Run::share_statistics_once() {
  if (recipe_.train.sync_batch_norm) return;
  average_statistics(all_, statistics_of(*network_));
  if (average_) average_statistics(all_, average_->statistics());
}

void Run::save_last() {
  share_statistics_once();
  if (all_.leads()) {
    save_checkpoint(folder_.last(), *network_, *optimizer_, average_.get(), progress_,
                    description_);
  }
  last_saved_ = Clock::now();
}

/// Rank 0's clock counts.
bool Run::clock_says_save() {
  const auto minutes = recipe_.train.checkpoint_minutes;
  return all_.leads() && minutes > 0 && seconds_since(last_saved_) >= 60 * minutes;
}

/// precision = "auto" becomes what is faster here, which the run then keeps: it is the leader's
/// choice.
void settle_precision(recipe::Recipe& recipe, const Sources& sources, Reporter& reporter,
                      distributed::Communicator& all) {
  const bool open = recipe.execution.precision == Precision::kAuto;
  if (open) set_threads(recipe.threads, all.launch().local_size);
  PrecisionChoice choice{recipe.execution.precision, ""};
  if (open && all.leads()) {
    const auto& shape = sources.input.shape;
    std::vector<std::int64_t> input{std::min<std::int64_t>(recipe.train.batch, 32), shape.channels,
                                    shape.height, shape.width};
    if (shape.steps > 1) input.insert(input.begin(), shape.steps);
    choice = choose_precision(network_options(recipe, sources.input), input,
                              choose_device(recipe, all.launch().local_rank));
  }
  // Whoever has a precision takes part too: whether all recipes agree is found out later.
  auto leaders =
      torch::tensor({all.leads() ? static_cast<double>(choice.precision) : 0.0}, torch::kDouble);
  all.sum(leaders);
  if (!open) return;
  recipe.execution.precision = static_cast<Precision>(std::lround(leaders.item<double>()));
  reporter.say(fmt::format("precision {}: {}", to_string(recipe.execution.precision),
                           all.leads() ? choice.reason : "the leader's choice"));
}

/// What precision = "auto" came to when the run began holds when it goes on.
void keep_precision(recipe::Recipe& recipe, const std::filesystem::path& checkpoint) {
  if (recipe.execution.precision != Precision::kAuto) return;
  const auto stored =
      recipe::parse_recipe(load_description(checkpoint).recipe, checkpoint.string() + " (recipe)");
  recipe.execution.precision = stored.execution.precision;
}

TrainResult train_together(TrainRequest request) {
  auto& all = *request.all;
  const auto folder = all.leads() ? choose_folder(request) : RunFolder(request.out);
  const auto sources =
      open_data(request.recipe);  // a set that is not there leaves no folder behind
  RunLock lock;
  if (all.leads()) {
    make_folder(folder.root());
    lock.lock(folder.root());
    choose_folder(request);  // another process may have trained here since it was looked at
  }
  const StopSignals signals;
  Reporter reporter(all.leads() ? folder.log() : "", request.quiet);
  if (request.resume && std::filesystem::exists(folder.last())) {
    keep_precision(request.recipe, folder.last());
  }
  settle_precision(request.recipe, sources, reporter, all);
  Run run(request, sources, folder, reporter);
  const auto result = run.execute();
  if (result.stopped) {
    const std::string by = StopSignals::name(result.signal);
    reporter.say(fmt::format("stopped {}after epoch {} and {} batches; go on with --resume",
                             by.empty() ? "" : "by " + by + " ", result.progress.epoch,
                             result.progress.batch));
  } else {
    const auto& progress = result.progress;
    const auto best =
        progress.best_epoch > 0
            ? fmt::format("best {:.2f} % in epoch {}", progress.best_top1, progress.best_epoch)
            : std::string("no epoch of the network that the recipe asks for");
    reporter.say(fmt::format("done: last {:.2f} %, {}; {} of training", result.last.top1, best,
                             human_duration(progress.seconds)));
  }
  all.finish();
  return result;
}

}  // namespace

void check_folder(const TrainRequest& request) { choose_folder(request); }

TrainResult train(const TrainRequest& request) {
  try {
    return train_together(request);
  } catch (const std::exception& error) {
    request.all->report_failure(error.what());
    throw;
  }
}

}  // namespace staa::train
