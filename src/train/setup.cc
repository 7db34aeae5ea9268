#include "staa/train/setup.h"

#include <algorithm>
#include <thread>

#include "staa/util/error.h"

namespace staa::train {

InputDescription describe_input(const data::Dataset& training) {
  return {training.shape(), training.classes(), data::compute_normalisation(training)};
}

models::NetworkOptions network_options(const recipe::Recipe& recipe,
                                       const InputDescription& input) {
  models::NetworkOptions options;
  options.network = recipe.model.network;
  options.width = recipe.model.width;
  options.steps = recipe.model.steps;
  options.in_channels = input.shape.channels;
  options.classes = static_cast<std::int64_t>(input.classes.size());
  options.neuron = recipe.neuron;
  options.execution = recipe.execution;
  return options;
}

data::Splits open_data(const recipe::Recipe& recipe) {
  data::DataOptions options;
  options.set = recipe.data.set;
  options.path = recipe.data.path;
  options.allow_partial = recipe.data.allow_partial;
  options.limit_train = recipe.data.limit_train;
  options.limit_test = recipe.data.limit_test;
  return data::open_dataset(options);
}

std::unique_ptr<data::Loader> training_loader(std::shared_ptr<const data::Dataset> training,
                                              const InputDescription& input,
                                              const recipe::Recipe& recipe) {
  data::AugmentOptions augment;
  augment.crop_padding = recipe.augment.crop_padding;
  augment.flip = recipe.augment.flip;
  augment.autoaugment = recipe.augment.autoaugment;
  augment.cutout = recipe.augment.cutout;
  data::LoaderOptions options;
  options.batch = recipe.train.batch;
  options.workers = recipe.data.workers;
  options.seed = static_cast<std::uint64_t>(recipe.seed);
  const data::Transform transform(input.shape, input.normalisation, augment);
  return std::make_unique<data::Loader>(std::move(training), transform, options);
}

std::unique_ptr<data::Loader> evaluation_loader(std::shared_ptr<const data::Dataset> test,
                                                const InputDescription& input,
                                                const recipe::Recipe& recipe) {
  const auto shape = test->shape();
  if (!(shape == input.shape) || test->classes().size() != input.classes.size()) {
    fail(ErrorKind::kInput,
         "{}: expected {}x{} images of {} channels in {} classes, as the network was trained on, "
         "found {}x{} of {} in {}",
         test->name(), input.shape.height, input.shape.width, input.shape.channels,
         input.classes.size(), shape.height, shape.width, shape.channels, test->classes().size());
  }
  data::LoaderOptions options;
  options.batch = recipe.train.eval_batch > 0 ? recipe.train.eval_batch : recipe.train.batch;
  options.workers = recipe.data.workers;
  options.shuffle = false;
  const data::Transform transform(input.shape, input.normalisation);
  return std::make_unique<data::Loader>(std::move(test), transform, options);
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

TensorBatch to_tensors(data::Batch&& batch, const data::ImageShape& shape, torch::Device device) {
  auto owner = std::make_shared<data::Batch>(std::move(batch));
  const auto images = torch::from_blob(
      owner->pixels.data(), {owner->size, shape.height, shape.width, shape.channels},
      [owner](void*) {}, torch::kFloat);
  const auto labels = torch::tensor(owner->labels, torch::kLong);
  // [B, H, W, C] in memory is what LibTorch calls channels-last.
  return {images.permute({0, 3, 1, 2}).to(device), labels.to(device)};
}

}  // namespace staa::train
