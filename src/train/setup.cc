#include "staa/train/setup.h"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "staa/data/augmented_images.h"
#include "staa/data/event_sets.h"
#include "staa/data/photos.h"
#include "staa/data/subset.h"
#include "staa/util/error.h"

namespace staa::train {

models::NetworkOptions network_options(const recipe::Recipe& recipe,
                                       const InputDescription& input) {
  models::NetworkOptions options;
  static_cast<models::ModelOptions&>(options) = recipe.model;
  options.in_channels = input.shape.channels;
  options.classes = static_cast<std::int64_t>(input.classes.size());
  options.neuron = recipe.neuron;
  options.execution = recipe.execution;
  return options;
}

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

Sources open_data(const recipe::Recipe& recipe, const InputDescription* known) {
  if (recipe::is_event_set(recipe.data.set)) {
    const auto frames = open_events(recipe);
    const InputDescription input{frames.train->shape(), frames.train->classes(), {}};
    if (known != nullptr) check_input(*known, *frames.train, frames.train->shape());
    return {frames.train, frames.test, known != nullptr ? *known : input};
  }
  if (recipe.augment.random_resized_crop > 0) return photo_sources(recipe, known);
  return image_sources(data::open_dataset(data_options(recipe)), recipe, known);
}

Sources photo_sources(const recipe::Recipe& recipe, const InputDescription* known) {
  static const data::Normalisation kImageNet{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  const auto options = data_options(recipe);
  const auto root = data::data_folder(options);
  auto folder = data::open_photos(root, recipe.data.class_names);
  data::PhotoOptions photo;
  photo.size = recipe.augment.random_resized_crop;
  photo.least_area = recipe.augment.least_area;
  InputDescription input{{1, 3, photo.size, photo.size}, folder.classes, kImageNet};
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
  if (known != nullptr) check_input(*known, *test, test->shape());
  return {limited(train, options.limit_train), limited(test, options.limit_test), input};
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

  const data::Transform augmenting(shape, input.normalisation, augment_options(recipe));
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
                                              const recipe::Recipe& recipe, data::Share share) {
  data::LoaderOptions options;
  options.share = share;
  options.batch = recipe.train.batch;
  options.workers = recipe.data.workers;
  // A worker makes a batch at a time: with fewer in flight some would have nothing to do.
  options.prefetch = std::max(options.prefetch, recipe.data.workers + 2);
  options.skip_corrupt = recipe.data.corrupt == recipe::Corrupt::kSkip;
  options.seed = static_cast<std::uint64_t>(recipe.seed);
  return std::make_unique<data::Loader>(std::move(training), options);
}

std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Source> test,
                                                const recipe::Recipe& recipe, data::Share share) {
  data::LoaderOptions options;
  options.share = share;
  options.batch = recipe.train.eval_batch > 0 ? recipe.train.eval_batch : recipe.train.batch;
  options.workers = recipe.data.workers;
  // A worker makes a batch at a time: with fewer in flight some would have nothing to do.
  options.prefetch = std::max(options.prefetch, recipe.data.workers + 2);
  options.skip_corrupt = recipe.data.corrupt == recipe::Corrupt::kSkip;
  options.shuffle = false;
  return std::make_unique<data::Loader>(std::move(test), options);
}

namespace {

/// The number in OMP_NUM_THREADS, the first of "4,2" (levels of nesting), or 0.
std::int64_t threads_of_environment() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  constexpr long kMost = 1024;
  return text == nullptr ? 0 : std::clamp(std::strtol(text, nullptr, 10), 0L, kMost);
}

}  // namespace

void set_threads(std::int64_t threads, std::int64_t processes) {
  if (threads == 0) threads = threads_of_environment();
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  const auto own = std::max<std::int64_t>(1, cores / std::max<std::int64_t>(1, processes));
  at::set_num_threads(static_cast<int>(threads > 0 ? threads : own));
}

torch::Device choose_device(const recipe::Recipe& recipe, std::int64_t local_rank) {
  const bool available = torch::cuda::is_available();
  if (recipe.device == recipe::Device::kCuda && !available) {
    fail(ErrorKind::kUsage,
         "device = \"cuda\": this machine or this build of LibTorch has no usable CUDA device; use "
         "device = \"cpu\"");
  }
  const bool cuda = available && recipe.device != recipe::Device::kCpu;
  if (!cuda) return torch::Device(torch::kCPU);
  const auto devices = static_cast<std::int64_t>(torch::cuda::device_count());
  const auto index = std::max<std::int64_t>(0, recipe.device_index) + local_rank;
  if (index >= devices) {
    fail(ErrorKind::kUsage,
         "process {} of this machine would take CUDA device {}, of which there are {}: start fewer "
         "processes, name another first device, or use device = \"cpu\"",
         local_rank, index, devices);
  }
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

void make_repeatable(torch::Device device) {
  if (!device.is_cuda()) return;
  at::globalContext().setBenchmarkCuDNN(false);  // chooses by what was faster this time
  at::globalContext().setDeterministicCuDNN(true);
}

void check_precision(const recipe::Recipe& recipe, torch::Device device) {
  if (recipe.execution.precision != Precision::kFp16 || device.is_cuda()) return;
  fail(ErrorKind::kUsage,
       "precision = \"fp16\" trains on CUDA devices alone, and the device is {}; use \"bf16\" or "
       "\"fp32\"",
       device.str());
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
