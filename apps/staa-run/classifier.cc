#include "classifier.h"

namespace staa::app {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

Classifier::Held::Held(const ModelInput& from, const runtime::Model& model) : sample(from) {
  const auto values = model.input().values();
  if (from.image != nullptr) {
    image.assign(from.image, from.image + values);
    sample.image = image.data();
  } else {
    frames.assign(from.frames, from.frames + values * from.steps);
    sample.frames = frames.data();
  }
}

Classifier::Classifier(const ClassifierOptions& options, const runtime::Model& model)
    : options_(options),
      model_(model),
      pool_(model, options.threads,
            {runtime::Path::kAuto, /*count_operations=*/!options.only_totals, options.steps}),
      batch_(pool_.threads() == 1 ? 1 : kPerThread * pool_.threads()) {
  held_.reserve(batch_);
  totals_.threads = pool_.threads();
  totals_.weight_bytes = model.weight_bytes();
}

void Classifier::take(const ModelInput& sample) {
  if (held_.empty() && totals_.images == 0) start_ = Clock::now();
  held_.emplace_back(sample, model_);
  if (held_.size() == batch_) tell();
}

void Classifier::tell() {
  if (held_.empty()) return;
  pool_.run(held_.size(), [&](runtime::Session& session, std::size_t i) {
    auto& held = held_[i];
    const auto start = Clock::now();
    held.found = classify(session, held.sample);
    held.milliseconds = milliseconds_since(start);
    held.activity = session.activity();
  });
  for (const auto& held : held_) count(held);
  held_.clear();
}

Totals Classifier::totals() {
  totals_.session_bytes = pool_.state_bytes();
  return totals_;
}

/// Runs all steps, or stops once the required confidence is reached.
runtime::Prediction Classifier::classify(runtime::Session& session,
                                         const ModelInput& sample) const {
  const bool image = sample.image != nullptr;
  if (image && !options_.each_step) return session.classify(sample.image, options_.confidence);
  session.reset();
  if (image) session.begin(sample.image);
  StepPrinter printer(model_);
  runtime::Prediction found;
  const auto steps = image ? options_.steps : sample.steps;
  for (std::size_t t = 0; t < steps; ++t) {
    found = image ? session.step() : session.push(sample.frames + t * model_.input().values());
    if (options_.each_step) printer.print(sample, session, t);
    if (options_.confidence > 0 && found.probability >= options_.confidence) break;
  }
  return found;
}

void Classifier::count(const Held& held) {
  ++totals_.images;
  totals_.steps += held.found.steps;
  totals_.milliseconds += held.milliseconds;
  totals_.firing_rate += held.activity.firing_rate();
  totals_.seconds = milliseconds_since(start_) / 1000;
  if (held.sample.label) {
    ++totals_.labelled;
    totals_.correct += held.found.label == *held.sample.label ? 1 : 0;
  }
  if (options_.only_totals) return;
  print_result(model_, held.sample, held.found, held.activity, held.milliseconds, options_.json);
}

}  // namespace staa::app
