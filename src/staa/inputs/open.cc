#include "staa/inputs/open.h"

#include <algorithm>
#include <utility>

#include "staa/data/augment/augmented_images.h"
#include "staa/data/sets/event_sets.h"
#include "staa/data/sets/photos.h"
#include "staa/data/sets/subset.h"
#include "staa/util/error.h"

namespace staa::inputs {
namespace {

data::AugmentOptions augment_options(const recipe::Recipe& recipe) {
  data::AugmentOptions options;
  options.crop_padding = recipe.augment.crop_padding;
  options.crop_reflect = recipe.augment.crop_fill == recipe::CropFill::kReflect;
  options.flip = recipe.augment.flip;
  options.flip_alternate = recipe.augment.flip_alternate;
  options.autoaugment = recipe.augment.autoaugment;
  options.color_jitter = recipe.augment.color_jitter;
  options.cutout = recipe.augment.cutout;
  return options;
}

data::EventFrames::Options frame_options(const recipe::Recipe& recipe) {
  data::EventFrames::Options options;
  options.frames.steps = recipe.model.steps;
  options.frames.slice_by =
      recipe.data.slice == recipe::Slice::kCount ? events::SliceBy::kCount : events::SliceBy::kTime;
  options.frames.size = {recipe.data.frame_size, recipe.data.frame_size};
  if (recipe.data.cache != "none") {
    options.cache = recipe.data.cache.empty() ? events::default_cache_folder()
                                              : std::filesystem::path(recipe.data.cache);
  }
  return options;
}

std::shared_ptr<const data::Source> limited(std::shared_ptr<const data::Source> source,
                                            std::int64_t limit) {
  return limit > 0 ? data::first(std::move(source), limit) : source;
}

}  // namespace

EventSources open_events(const recipe::Recipe& recipe) {
  data::EventSetOptions options;
  options.set = recipe.data.set;
  options.path = recipe.data.path;
  options.split = recipe.data.split;
  options.allow_partial = recipe.data.allow_partial;
  options.limit_train = recipe.data.limit_train;
  options.limit_test = recipe.data.limit_test;
  const auto recordings = data::open_recordings(options);
  const auto plain = frame_options(recipe);
  auto augmenting = plain;
  augmenting.augment.crop_padding = recipe.augment.crop_padding;
  augmenting.augment.flip = recipe.augment.flip;
  augmenting.augment.geometric = recipe.augment.geometric;
  augmenting.augment.cutout = recipe.augment.cutout;
  augmenting.event_drop = recipe.augment.event_drop;
  return {std::make_shared<data::EventFrames>(recordings.train, augmenting),
          std::make_shared<data::EventFrames>(recordings.test, plain)};
}

data::DataOptions data_options(const recipe::Recipe& recipe) {
  data::DataOptions options;
  options.set = recipe.data.set;
  options.path = recipe.data.path;
  options.allow_partial = recipe.data.allow_partial;
  options.limit_train = recipe.data.limit_train;
  options.limit_test = recipe.data.limit_test;
  return options;
}

Sources open_data(const recipe::Recipe& recipe, const data::InputDescription* known) {
  if (recipe::is_event_set(recipe.data.set)) {
    const auto frames = open_events(recipe);
    const data::InputDescription input{frames.train->shape(), frames.train->classes(), {}};
    if (known != nullptr) data::check_input(*known, *frames.train, frames.train->shape());
    return {frames.train, frames.test, known != nullptr ? *known : input};
  }
  if (recipe.augment.random_resized_crop > 0) return photo_sources(recipe, known);
  return image_sources(data::open_dataset(data_options(recipe)), recipe, known);
}

Sources photo_sources(const recipe::Recipe& recipe, const data::InputDescription* known) {
  static const data::Normalisation kImageNet{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  const auto options = data_options(recipe);
  const auto root = data::data_folder(options);
  auto folder = data::open_photos(root, recipe.data.class_names);
  data::PhotoOptions photo;
  photo.size = recipe.augment.random_resized_crop;
  photo.least_area = recipe.augment.least_area;
  data::InputDescription input{{1, 3, photo.size, photo.size}, folder.classes, kImageNet};
  if (known != nullptr) input.normalisation = known->normalisation;

  const auto name = fmt::format("{} ({})", options.set, root.string());
  const data::ImageShape shape{3, photo.size, photo.size};
  const auto make = [&](data::PhotoIndex&& index, const data::AugmentOptions& augment) {
    return std::make_shared<data::Photos>(name, std::move(index), folder.classes, photo,
                                          data::Transform(shape, input.normalisation, augment));
  };
  const auto test = make(std::move(folder.test), {});
  photo.random_crop = true;
  const auto train = make(std::move(folder.train), augment_options(recipe));
  if (known != nullptr) data::check_input(*known, *test, test->shape());
  return {limited(train, options.limit_train), limited(test, options.limit_test), input};
}

Sources image_sources(const data::Splits& images, const recipe::Recipe& recipe,
                      const data::InputDescription* known) {
  const auto shape = images.train->shape();
  data::InputDescription input;
  if (known != nullptr) {
    data::check_input(*known, *images.train, data::sample_shape(shape));
    input = *known;
  } else {
    input = {data::sample_shape(shape), images.train->classes(),
             data::compute_normalisation(*images.train)};
  }
  data::check_input(input, *images.test, data::sample_shape(images.test->shape()));

  const data::Transform augmenting(shape, input.normalisation, augment_options(recipe));
  const data::Transform plain(shape, input.normalisation);
  return {std::make_shared<data::AugmentedImages>(images.train, augmenting),
          std::make_shared<data::AugmentedImages>(images.test, plain), input};
}

namespace {

data::LoaderOptions loader_options(const recipe::Recipe& recipe, std::int64_t batch) {
  data::LoaderOptions options;
  options.batch = batch;
  options.set_workers(recipe.data.workers);
  options.skip_corrupt = recipe.data.corrupt == recipe::Corrupt::kSkip;
  return options;
}

}  // namespace

std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Source> training,
                                              const recipe::Recipe& recipe) {
  auto options = loader_options(recipe, recipe.train.batch);
  options.seed = static_cast<std::uint64_t>(recipe.seed);
  return std::make_unique<data::Loader>(std::move(training), options);
}

std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe) {
  const auto batch = recipe.train.eval_batch > 0 ? recipe.train.eval_batch : recipe.train.batch;
  auto options = loader_options(recipe, batch);
  options.shuffle = false;
  return std::make_unique<data::Loader>(std::move(test), options);
}

}  // namespace staa::inputs
