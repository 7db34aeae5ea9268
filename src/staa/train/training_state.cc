#include "staa/train/training_state.h"

#include <optional>

namespace staa::train {

TrainingState::TrainingState(const Classifier& classifier, const FitOptions& options)
    : network(classifier),
      optimizer(classifier.module(), options.optimizer),
      average(options.ema > 0 ? std::make_unique<WeightAverage>(classifier.module(), options.ema)
                              : nullptr),
      teacher(options.distill > 0 ? std::make_unique<Teacher>(classifier, options.phases)
                                  : nullptr),
      options_(options) {
  if (options.loss_scale > 0) progress.loss_scale.value = options.loss_scale;
}

void TrainingState::load() {
  progress = load_checkpoint(options_.checkpoint, module(), optimizer, copies());
}

void TrainingState::save() const {
  save_checkpoint(options_.checkpoint, module(), optimizer, copies(), progress, options_.metadata);
}

KeptCopies TrainingState::copies() const { return {average.get(), teacher.get()}; }

void TrainingState::take_teacher() {
  std::optional<WeightCopy::InPlace> averaged;
  if (average) averaged.emplace(*average);
  teacher->take();
}

}  // namespace staa::train
