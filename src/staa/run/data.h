#pragma once

#include <memory>

#include "staa/data/input.h"
#include "staa/data/loading/loader.h"
#include "staa/data/sets/event_frames.h"
#include "staa/data/sets/open.h"
#include "staa/recipe/recipe.h"

namespace staa::run {

/// The two halves of a data set as the network reads them, and what they have in common.
struct Sources {
  std::shared_ptr<const data::Source> train;  ///< augmented as the recipe says
  std::shared_ptr<const data::Source> test;   ///< not augmented
  data::InputDescription input;
};

/// What the recipe says of its data set.
data::DataOptions data_options(const recipe::Recipe& recipe);

/// Opens the recipe's data set. `known` is what a trained network reads: its normalisation is used
/// instead of the training half's own, and a data set of other samples or classes is refused with
/// Error(kInput).
Sources open_data(const recipe::Recipe& recipe, const data::InputDescription* known = nullptr);

/// The same for still images of one shape that are open already.
Sources image_sources(const data::Splits& images, const recipe::Recipe& recipe,
                      const data::InputDescription* known = nullptr);

/// Photographs of many sizes in a folder, decoded as they are read: ImageNet, and an image folder
/// with augment.random_resized_crop. Normalised by ImageNet's mean and deviation.
Sources photo_sources(const recipe::Recipe& recipe, const data::InputDescription* known = nullptr);

/// The two halves of a set of event recordings as frames.
struct EventSources {
  std::shared_ptr<const data::EventFrames> train;  ///< augmented as the recipe says
  std::shared_ptr<const data::EventFrames> test;   ///< not augmented
};

/// Opens the recipe's data set, which is one of recipe::is_event_set. T is model.steps.
EventSources open_events(const recipe::Recipe& recipe);

/// Shuffled, in batches of recipe.train.batch. Everything drawn follows from recipe.seed.
std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Source> training,
                                              const recipe::Recipe& recipe);

/// In order, in batches of recipe.train.eval_batch.
std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe);

}  // namespace staa::run
