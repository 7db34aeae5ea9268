#include "staa/train/setup.h"

#include <algorithm>
#include <thread>

#include "staa/data/augmented_images.h"
#include "staa/data/event_sets.h"
#include "staa/util/error.h"

namespace staa::train {

models::NetworkOptions network_options(const recipe::Recipe& recipe,
                                       const InputDescription& input) {
  models::NetworkOptions options;
  options.network = recipe.model.network;
  options.width = recipe.model.width;
  options.steps = recipe.model.steps;
  options.in_channels = input.shape.channels;
  options.classes = static_cast<std::int64_t>(input.classes.size());
  options.neuron = recipe.neuron;
  return options;
}

namespace {

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

Sources open_data(const recipe::Recipe& recipe, const InputDescription* known) {
  if (recipe::is_event_set(recipe.data.set)) {
    const auto frames = open_events(recipe);
    const InputDescription input{frames.train->shape(), frames.train->classes(), {}};
    if (known != nullptr) check_input(*known, *frames.train, frames.train->shape());
    return {frames.train, frames.test, known != nullptr ? *known : input};
  }
  data::DataOptions options;
  options.set = recipe.data.set;
  options.path = recipe.data.path;
  options.allow_partial = recipe.data.allow_partial;
  options.limit_train = recipe.data.limit_train;
  options.limit_test = recipe.data.limit_test;
  return image_sources(data::open_dataset(options), recipe, known);
}

Sources image_sources(const data::Splits& images, const recipe::Recipe& recipe,
                      const InputDescription* known) {
  const auto shape = images.train->shape();
  InputDescription input;
  if (known != nullptr) {
    check_input(*known, *images.train, data::sample_shape(shape));
    input = *known;
  } else {
    input = {data::sample_shape(shape), images.train->classes(),
             data::compute_normalisation(*images.train)};
  }
  check_input(input, *images.test, data::sample_shape(images.test->shape()));

  data::AugmentOptions augment;
  augment.crop_padding = recipe.augment.crop_padding;
  augment.flip = recipe.augment.flip;
  augment.autoaugment = recipe.augment.autoaugment;
  augment.cutout = recipe.augment.cutout;
  const data::Transform augmenting(shape, input.normalisation, augment);
  const data::Transform plain(shape, input.normalisation);
  return {std::make_shared<data::AugmentedImages>(images.train, augmenting),
          std::make_shared<data::AugmentedImages>(images.test, plain), input};
}

void check_input(const InputDescription& known, const data::Labelled& set,
                 const data::SampleShape& shape) {
  if (shape == known.shape && set.classes().size() == known.classes.size()) return;
  fail(ErrorKind::kInput,
       "{}: expected {} (height, width, channels) in {} classes, as the network was trained on, "
       "found {} in {}",
       set.name(), data::describe(known.shape), known.classes.size(), data::describe(shape),
       set.classes().size());
}

std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Source> training,
                                              const recipe::Recipe& recipe) {
  data::LoaderOptions options;
  options.batch = recipe.train.batch;
  options.workers = recipe.data.workers;
  options.seed = static_cast<std::uint64_t>(recipe.seed);
  return std::make_unique<data::Loader>(std::move(training), options);
}

std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe) {
  data::LoaderOptions options;
  options.batch = recipe.train.eval_batch > 0 ? recipe.train.eval_batch : recipe.train.batch;
  options.workers = recipe.data.workers;
  options.shuffle = false;
  return std::make_unique<data::Loader>(std::move(test), options);
}

void set_threads(std::int64_t threads) {
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  at::set_num_threads(threads > 0 ? static_cast<int>(threads) : cores);
}

torch::Device choose_device(const recipe::Recipe& recipe) {
  const bool available = torch::cuda::is_available();
  if (recipe.device == recipe::Device::kCuda && !available) {
    fail(ErrorKind::kUsage,
         "device = \"cuda\": this machine or this build of LibTorch has no usable CUDA device; use "
         "device = \"cpu\"");
  }
  const bool cuda = available && recipe.device != recipe::Device::kCpu;
  return cuda ? torch::Device(torch::kCUDA) : torch::Device(torch::kCPU);
}

TensorBatch to_tensors(data::Batch&& batch, const data::SampleShape& shape, torch::Device device) {
  auto owner = std::make_shared<data::Batch>(std::move(batch));
  const auto labels = torch::tensor(owner->labels, torch::kLong);
  // [B, H, W, C] in memory is what LibTorch calls channels-last.
  const auto sequence = torch::from_blob(
                            owner->values.data(),
                            {shape.steps, owner->size, shape.height, shape.width, shape.channels},
                            [owner](void*) {}, torch::kFloat)
                            .permute({0, 1, 4, 2, 3});
  const auto images = shape.steps == 1 ? sequence.squeeze(0) : sequence;
  return {images.to(device), labels.to(device)};
}

}  // namespace staa::train
