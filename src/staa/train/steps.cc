#include "staa/train/steps.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "staa/data/loading/shuffle.h"
#include "staa/nn/layers.h"
#include "staa/util/error.h"
#include "staa/util/random.h"

namespace staa::train {
namespace {

/// Random stream for mixup, separate from the loader's streams.
constexpr std::uint64_t kMixupStream = 0x6d69787570;

}  // namespace

Steps::Steps(TrainingState& state, const FitOptions& options, const Callbacks& callbacks)
    : state_(state),
      options_(options),
      callbacks_(callbacks),
      gradients_(state.module(), options.all) {
  share_statistics();
  if (options.spike_budget.wanted()) {
    budget_ = std::make_unique<BudgetKeeper>(state.module(), options.spike_budget);
  }
}

Steps::~Steps() {
  for (const auto& module : state_.module().modules()) {
    if (auto* layer = dynamic_cast<nn::NormedConvolution*>(module.get()))
      layer->share_statistics({});
  }
}

void Steps::share_statistics() {
  if (options_.all->alone()) return;
  std::set<const void*> shared;
  for (const auto& module : state_.module().modules()) {
    auto* layer = dynamic_cast<nn::NormedConvolution*>(module.get());
    if (layer == nullptr || !options_.sync_batch_norm) continue;
    layer->share_statistics([this](torch::Tensor& sums) {
      if (!repeated_) options_.all->sum(sums);
    });
    for (const auto& statistic : statistics_of(*layer)) {
      shared.insert(statistic.unsafeGetTensorImpl());
    }
  }
  for (const auto& statistic : statistics_of(state_.module())) {
    if (shared.count(statistic.unsafeGetTensorImpl()) == 0) own_statistics_.push_back(statistic);
  }
}

void Steps::average_statistics() {
  train::average_statistics(*options_.all, own_statistics_);
  if (state_.average && !own_statistics_.empty()) {
    train::average_statistics(*options_.all, state_.average->statistics());
  }
}

void Steps::show(const torch::Tensor& inputs) {
  repeated_ = false;
  state_.network.forward(inputs);
}

/// This process's share, or the whole batch in every process if any share is empty.
Steps::Part Steps::part_of(TensorBatch own, const GroupState& group) const {
  Part part{std::move(own), group};
  auto& all = *options_.all;
  if (all.alone()) return part;
  part.repeated = !group.all_have;
  auto& batch = part.batch;
  if (part.repeated) {
    batch.inputs = gather_inputs(all, batch.inputs);
    batch.labels = distributed::gather_rows(all, batch.labels);
    part.group.first = 0;
    part.weight = 1 / static_cast<double>(all.size());
  } else {
    part.weight = static_cast<double>(batch.labels.size(0)) / static_cast<double>(group.samples);
  }
  return part;
}

/// Partners are drawn from the whole batch, so that all processes draw the same permutation.
Steps::Mixup Steps::draw_mixup(const Part& part) const {
  Random random{options_.seed, kMixupStream, static_cast<std::uint64_t>(state_.progress.step)};
  Mixup mixup;
  mixup.share = random.beta(options_.mixup, options_.mixup);
  mixup.partners = torch::tensor(data::random_order(part.group.samples, random), torch::kLong)
                       .narrow(0, part.group.first, part.batch.labels.size(0))
                       .to(part.batch.inputs.device());
  return mixup;
}

void Steps::mix_inputs(const Mixup& mixup, Part& part) const {
  auto& batch = part.batch;
  const auto all = part.repeated ? batch.inputs : gather_inputs(*options_.all, batch.inputs);
  const auto partners = all.index_select(kBatchDimension, mixup.partners);
  batch.inputs = mixup.share * batch.inputs + (1 - mixup.share) * partners;
}

torch::Tensor Steps::mixed_targets(const Mixup& mixup, const Part& part,
                                   torch::Tensor targets) const {
  const auto all = part.repeated ? targets : distributed::gather_rows(*options_.all, targets);
  return mixup.share * targets + (1 - mixup.share) * all.index_select(0, mixup.partners);
}

torch::Tensor Steps::loss_of(Part& part, Hits& hits) const {
  Mixup mixup;
  if (options_.mixup > 0) {
    mixup = draw_mixup(part);
    mix_inputs(mixup, part);
  }
  torch::Tensor taught;
  const auto epoch = state_.progress.epoch;
  if (state_.teacher && state_.teacher->teaches(epoch)) {
    taught = state_.teacher->probabilities(part.batch.inputs, epoch);
  }
  if (budget_) budget_->begin();  // after the teacher, whose outputs it must not count
  const auto& labels = part.batch.labels;
  const auto logits = state_.network.forward(part.batch.inputs);
  check_labels(labels, logits.size(2));
  hits = count_hits(logits, labels);
  auto targets = soft_targets(labels, logits.size(2), options_.label_smoothing);
  if (options_.mixup > 0) targets = mixed_targets(mixup, part, std::move(targets));
  if (taught.defined()) targets.lerp_(taught, options_.distill);
  if (options_.loss == LossKind::kTet) {
    return tet_loss(logits, targets, options_.tet_lambda, options_.target_output);
  }
  return mean_output_loss(logits, targets);
}

/// Returns the mean loss of the whole batch. Its hits are added to the epoch's if the loss is
/// finite.
double Steps::sum_up(const Part& part, const torch::Tensor& loss, const Hits& hits) {
  auto& all = *options_.all;
  const bool counts = !part.repeated || all.leads();
  const auto sums = torch::tensor(
      {loss.item<double>() * part.weight, counts ? static_cast<double>(hits.top1) : 0.0},
      torch::kDouble);
  all.sum(sums);
  const auto values = sums.accessor<double, 1>();
  if (std::isfinite(values[0])) state_.progress.hits += static_cast<std::int64_t>(values[1]);
  return values[0];
}

Steps::Outcome Steps::take(TensorBatch own, const GroupState& group, const Pace& pace) {
  auto part = part_of(std::move(own), group);
  auto& progress = state_.progress;
  const ForwardState before(state_.module(), /*buffers=*/options_.on_nan == OnNan::kSkip);
  const auto hits_before = progress.hits;
  repeated_ = part.repeated;
  state_.optimizer.set_learning_rate(pace.learning_rate);
  state_.optimizer.zero_grad();
  Hits hits;
  const auto loss = loss_of(part, hits);
  Outcome outcome;
  outcome.loss = sum_up(part, loss, hits);
  if (!std::isfinite(outcome.loss)) {
    refuse(before, part, fmt::format("the loss is {}", outcome.loss));
  } else if (!descend(loss, part.weight, pace.budget)) {
    progress.hits = hits_before;
    refuse(before, part, fmt::format("the {} is not finite", non_finite_gradient(state_.module())));
  } else {
    outcome.taken = true;
    progress.loss_sum += outcome.loss * static_cast<double>(group.samples);
    progress.samples += group.samples;
  }
  ++progress.batch;
  ++progress.step;
  return outcome;
}

/// Runs the backward pass and the optimiser's step. Returns false, with nothing changed, if
/// gradients are not finite and the loss scale cannot be the cause. If it may be the cause, the
/// scale is reduced and the weights are kept. Gradients are summed over all processes, so all take
/// the same branch.
bool Steps::descend(const torch::Tensor& loss, double weight, double budget) {
  auto& scale = state_.progress.loss_scale;
  const bool scales = options_.loss_scale > 0;
  auto& optimizer = state_.optimizer;
  gradients_.begin();
  const double factor = weight * scale.value;
  if (budget_) budget_->set_factor(factor * budget);
  (factor == 1 ? loss : loss * factor).backward();
  gradients_.finish();
  optimizer.unscale_gradients(scale.value);
  const bool finite = optimizer.gradients_are_finite();
  if (!finite && !(scales && scale.can_fall())) return false;
  if (finite) {
    if (options_.clip_norm > 0) optimizer.clip_gradients(options_.clip_norm);
    optimizer.step();
    if (state_.average) state_.average->update();
  }
  if (scales) scale.follow(finite);
  if (!finite && callbacks_.say) {
    callbacks_.say(fmt::format(
        "step {}: gradients are not finite, the weights stay; the loss is scaled by {} from here",
        state_.progress.step + 1, scale.value));
  }
  return true;
}

/// Ends the fit, naming the place of the first non-finite value, or skips the step. All processes
/// call this together.
void Steps::refuse(const ForwardState& before, const Part& part, const std::string& what) {
  const auto parameter = non_finite_parameter(state_.module());
  before.restore_generator();
  const auto layers = distributed::gather_texts(
      *options_.all, {non_finite_layer(state_.network, part.batch.inputs)});
  auto place = parameter;
  for (const auto& layer : layers) {
    if (place.empty()) place = layer;
  }
  const auto& progress = state_.progress;
  const auto message =
      fmt::format("epoch {}, batch {} (step {}): {}{}", progress.epoch + 1, progress.batch + 1,
                  progress.step + 1, what, place.empty() ? "" : "; first not finite: " + place);
  // If a weight is not finite, no later step can recover.
  if (options_.on_nan == OnNan::kStop || !parameter.empty()) {
    fail(ErrorKind::kRuntime,
         "{}; the last checkpoint is kept. Try a smaller optimizer.lr or train.clip_norm", message);
  }
  before.restore_buffers(state_.module());
  if (callbacks_.warn) callbacks_.warn(message + "; the step is left out");
}

}  // namespace staa::train
