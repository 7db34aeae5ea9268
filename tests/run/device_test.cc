#include "staa/run/device.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "support/support.h"

namespace staa::run {
namespace {

using test::expect_error;

TEST(ChooseDevice, TakesTheCpuWhereTheRecipeSaysSo) {
  recipe::Recipe recipe;
  recipe.device = recipe::Device::kCpu;
  EXPECT_TRUE(choose_device(recipe).is_cpu());
  recipe.device = recipe::Device::kAuto;
  EXPECT_EQ(choose_device(recipe).is_cuda(), torch::cuda::is_available());
}

TEST(ChooseDevice, RefusesADeviceThatIsNotThere) {
  recipe::Recipe recipe;
  recipe.device = recipe::Device::kCuda;
  recipe.device_index = 99;
  expect_error(ErrorKind::kUsage, {"device", "CUDA"}, [&] { choose_device(recipe); });
  if (torch::cuda::is_available()) return;
  recipe.device_index = -1;
  expect_error(ErrorKind::kUsage, {"device = \"cuda\"", "no usable CUDA device"},
               [&] { choose_device(recipe); });
}

TEST(CheckPrecision, RefusesFp16OnACpuAlone) {
  recipe::Recipe recipe;
  for (const auto precision : {Precision::kFp32, Precision::kBf16}) {
    recipe.execution.precision = precision;
    EXPECT_NO_THROW(check_precision(recipe, torch::kCPU));
  }
  recipe.execution.precision = Precision::kFp16;
  expect_error(ErrorKind::kUsage, {"fp16", "CUDA", "cpu", "bf16"},
               [&] { check_precision(recipe, torch::kCPU); });
  EXPECT_NO_THROW(check_precision(recipe, torch::Device(torch::kCUDA, 0)));
}

/// Restores OMP_NUM_THREADS and LibTorch's number of threads at the end.
class Threads : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* text = std::getenv(kName)) variable_ = text;
  }
  void TearDown() override {
    variable_ ? ::setenv(kName, variable_->c_str(), 1) : ::unsetenv(kName);
    at::set_num_threads(threads_);
  }

  static constexpr const char* kName = "OMP_NUM_THREADS";

 private:
  std::optional<std::string> variable_;
  int threads_ = at::get_num_threads();
};

TEST_F(Threads, FollowTheRecipeThenTheEnvironmentThenTheMachine) {
  ::setenv(kName, "3", 1);
  set_threads(2);
  EXPECT_EQ(at::get_num_threads(), 2);
  set_threads(0, /*processes=*/4);
  EXPECT_EQ(at::get_num_threads(), 3);
  ::setenv(kName, "5,2", 1);
  set_threads(0);
  EXPECT_EQ(at::get_num_threads(), 5);
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (const char* nothing : {"", "0", "-4", "many"}) {
    ::setenv(kName, nothing, 1);
    set_threads(0);
    EXPECT_EQ(at::get_num_threads(), cores) << '"' << nothing << '"';
  }
}

}  // namespace
}  // namespace staa::run
