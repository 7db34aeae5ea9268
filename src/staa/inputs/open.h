#pragma once

#include <memory>

#include "staa/data/input.h"
#include "staa/data/loading/loader.h"
#include "staa/data/sets/event_frames.h"
#include "staa/data/sets/open.h"
#include "staa/recipe/recipe.h"

namespace staa::inputs {

/// The two halves of a data set as the network reads them, and a description of its samples.
struct Sources {
  std::shared_ptr<const data::Source> train;  ///< augmented according to the recipe
  std::shared_ptr<const data::Source> test;   ///< not augmented
  data::InputDescription input;
};

/// The recipe's options for its data set.
data::DataOptions data_options(const recipe::Recipe& recipe);

/// Opens the recipe's data set. `known` describes the input of a trained network: its normalisation
/// replaces the training half's own, and a data set with other samples or classes is refused with
/// Error(kInput).
Sources open_data(const recipe::Recipe& recipe, const data::InputDescription* known = nullptr);

/// The same for still images of one shape that are already open.
Sources image_sources(const data::Splits& images, const recipe::Recipe& recipe,
                      const data::InputDescription* known = nullptr);

/// Photographs of many sizes in a folder, which are decoded as they are read: ImageNet, or an image
/// folder with augment.random_resized_crop. They are normalised by ImageNet's mean and deviation.
Sources photo_sources(const recipe::Recipe& recipe, const data::InputDescription* known = nullptr);

/// The two halves of a set of event recordings, as frames.
struct EventSources {
  std::shared_ptr<const data::EventFrames> train;  ///< augmented according to the recipe
  std::shared_ptr<const data::EventFrames> test;   ///< not augmented
};

/// Opens the recipe's data set, for which recipe::is_event_set must be true. T is model.steps.
EventSources open_events(const recipe::Recipe& recipe);

/// Makes a loader of shuffled batches of recipe.train.batch samples. All random draws depend only
/// on recipe.seed.
std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Source> training,
                                              const recipe::Recipe& recipe);

/// Makes a loader of batches of recipe.train.eval_batch samples, in order.
std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe);

}  // namespace staa::inputs
