#include "staa/train/training_state.h"

namespace staa::train {

TrainingState::TrainingState(const Classifier& classifier, const FitOptions& options)
    : network(classifier),
      optimizer(classifier.module(), options.optimizer),
      average(options.ema > 0 ? std::make_unique<WeightAverage>(classifier.module(), options.ema)
                              : nullptr),
      options_(options) {
  if (options.loss_scale > 0) progress.loss_scale.value = options.loss_scale;
}

void TrainingState::load() {
  progress = load_checkpoint(options_.checkpoint, module(), optimizer, average.get());
}

void TrainingState::save() const {
  save_checkpoint(options_.checkpoint, module(), optimizer, average.get(), progress,
                  options_.metadata);
}

}  // namespace staa::train
