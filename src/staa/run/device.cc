#include "staa/run/device.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "staa/util/error.h"

namespace staa::run {
namespace {

/// The number in OMP_NUM_THREADS, or 0. For nesting levels such as "4,2" it is the first number.
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
  at::globalContext().setBenchmarkCuDNN(false);  // else cuDNN chooses by timings, which vary
  at::globalContext().setDeterministicCuDNN(true);
}

void check_precision(const recipe::Recipe& recipe, torch::Device device) {
  if (recipe.execution.precision != Precision::kFp16 || device.is_cuda()) return;
  fail(ErrorKind::kUsage,
       "precision = \"fp16\" trains on CUDA devices alone, and the device is {}; use \"bf16\" or "
       "\"fp32\"",
       device.str());
}

}  // namespace staa::run
