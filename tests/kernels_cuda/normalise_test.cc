// The CUDA kernels of BatchNorm, run on the processor.

#include "staa/kernels/neuron/normalise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels_cuda/emulator.h"
#include "kernels_cuda/neuron_case.h"
#include "staa/kernels/cuda/launch-inl.h"
#include "staa/util/random.h"

namespace staa::test {
namespace {

namespace cuda = kernels::cuda;

/// Mean and biased variance of a column of [rows, C].
struct Moments {
  Moments(const double* values, std::size_t rows, std::size_t channels, std::size_t c) {
    for (std::size_t i = 0; i < rows; ++i) mean += values[i * channels + c] / double(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      variance += std::pow(values[i * channels + c] - mean, 2) / double(rows);
    }
  }
  double mean = 0;
  double variance = 0;
};

constexpr double kEps = 1e-5;

class CudaNorm : public testing::TestWithParam<std::size_t> {
 protected:
  const std::size_t channels_ = GetParam();
  const std::size_t rows_ = 23;
  Random random_{channels_};
  Arrays<double> arrays_;
  const double* y_ = arrays_.drawn(random_, rows_* channels_, 2, 0.3);
  const double* weight_ = arrays_.drawn(random_, channels_, 1);
  const double* bias_ = arrays_.drawn(random_, channels_, 1);
  Emulator emulator_{{}};

  /// The input of a BatchNorm with the statistics of the batch.
  cuda::NormInput<double> input() {
    auto* mean = arrays_.filled(channels_, 0);
    auto* rstd = arrays_.filled(channels_, 0);
    for (std::size_t c = 0; c < channels_; ++c) {
      const Moments moments(y_, rows_, channels_, c);
      mean[c] = moments.mean;
      rstd[c] = 1 / std::sqrt(moments.variance + kEps);
    }
    cuda::NormInput<double> input;
    input.mean = mean;
    input.rstd = rstd;
    input.count = static_cast<double>(rows_);
    input.weight = weight_;
    input.bias = bias_;
    input.momentum = 0.1;
    input.eps = kEps;
    return input;
  }

  void expect_factors(const double* factors, std::size_t c, double mean, double variance) const {
    const double rstd = 1 / std::sqrt(variance + kEps);
    EXPECT_NEAR(factors[c], mean, 1e-12);
    EXPECT_NEAR(factors[channels_ + c], rstd, 1e-12);
    EXPECT_NEAR(factors[2 * channels_ + c], weight_[c] * rstd, 1e-12);
    EXPECT_NEAR(factors[3 * channels_ + c], bias_[c] - mean * weight_[c] * rstd, 1e-12);
  }
};

TEST_P(CudaNorm, TakesTheBatchsStatisticsAndMovesTheRunningOnes) {
  auto in = input();
  auto* factors = arrays_.filled(4 * channels_, 0);
  cuda::factors_of_norm(emulator_, in, channels_, factors);
  in.running_mean = arrays_.filled(channels_, 0.5);
  in.running_var = arrays_.filled(channels_, 2.0);
  auto* again = arrays_.filled(4 * channels_, 0);
  cuda::factors_of_norm(emulator_, in, channels_, again);
  for (std::size_t c = 0; c < channels_; ++c) {
    const Moments moments(y_, rows_, channels_, c);
    expect_factors(factors, c, moments.mean, moments.variance);
    expect_factors(again, c, moments.mean, moments.variance);
    const double unbiased = moments.variance * in.count / (in.count - 1);
    EXPECT_NEAR(in.running_mean[c], 0.9 * 0.5 + 0.1 * moments.mean, 1e-12);
    EXPECT_NEAR(in.running_var[c], 0.9 * 2.0 + 0.1 * unbiased, 1e-12);
  }
}

TEST_P(CudaNorm, TakesTheRunningStatisticsAndLeavesThem) {
  auto in = input();
  in.mean = in.rstd = nullptr;
  in.running_mean = arrays_.filled(channels_, 0.5);
  in.running_var = arrays_.filled(channels_, 2.0);
  auto* factors = arrays_.filled(4 * channels_, 0);
  cuda::factors_of_norm(emulator_, in, channels_, factors);
  for (std::size_t c = 0; c < channels_; ++c) {
    expect_factors(factors, c, 0.5, 2.0);
    EXPECT_EQ(in.running_mean[c], 0.5);
    EXPECT_EQ(in.running_var[c], 2.0);
  }
}

/// A batch of one value per channel has no unbiased variance, so its biased variance counts.
TEST(CudaNormOfOne, MovesTheRunningVarianceToZero) {
  const double one = 1;
  const double rstd = 1 / std::sqrt(kEps);
  const double zero = 0;
  double running_mean = 0;
  double running_var = 1;
  double factors[4];
  Emulator emulator({});
  cuda::factors_of_norm(
      emulator,
      cuda::NormInput<double>{&one, &rstd, 1, &one, &zero, &running_mean, &running_var, 0.1, kEps},
      1, factors);
  EXPECT_NEAR(running_mean, 0.1, 1e-12);
  EXPECT_NEAR(running_var, 0.9, 1e-9);
}

/// dy = weight * rstd * (dx - mean(dx) - z * mean(dx * z)) with z = (y - mean) * rstd.
TEST_P(CudaNorm, GivesTheGradientOfItsInput) {
  const auto in = input();
  auto* factors = arrays_.filled(4 * channels_, 0);
  cuda::factors_of_norm(emulator_, in, channels_, factors);
  const double* dx = arrays_.drawn(random_, rows_ * channels_, 1);
  auto* plain = arrays_.filled(channels_, 0);
  auto* centred = arrays_.filled(channels_, 0);
  for (std::size_t i = 0; i < rows_ * channels_; ++i) {
    plain[i % channels_] += dx[i];
    centred[i % channels_] += dx[i] * (y_[i] - in.mean[i % channels_]);
  }
  auto* mix = arrays_.filled(2 * channels_, 0);
  cuda::mix_of_norm(emulator_, cuda::NormSums<double>{factors, plain, centred, in.count}, channels_,
                    mix);
  auto* dy = arrays_.filled(rows_ * channels_, 0);
  cuda::launch_mix(emulator_, dx, y_,
                   kernels::GradientMix<double>{factors + 2 * channels_, mix, mix + channels_},
                   rows_, channels_, dy);
  for (std::size_t i = 0; i < rows_ * channels_; ++i) {
    const auto c = i % channels_;
    const double z = (y_[i] - in.mean[c]) * in.rstd[c];
    const double through = dx[i] - plain[c] / in.count - z * centred[c] * in.rstd[c] / in.count;
    EXPECT_NEAR(dy[i], weight_[c] * in.rstd[c] * through, 1e-10);
  }
}

INSTANTIATE_TEST_SUITE_P(Channels, CudaNorm, testing::Values(1, 3, 8, 130));

TEST(CudaNormMix, IsTheProcessors) {
  Random random{7};
  for (const std::size_t channels : {1, 3, 8, 70, 259, 1028}) {
    const std::size_t rows = 37;
    Arrays<float> arrays;
    const float* dx = arrays.drawn(random, rows * channels, 1);
    const float* y = arrays.drawn(random, rows * channels, 1);
    const kernels::GradientMix<float> factors{arrays.drawn(random, channels, 1),
                                              arrays.drawn(random, channels, 1),
                                              arrays.drawn(random, channels, 1)};
    for (const bool whole : {true, false}) {
      const auto mix =
          whole ? factors : kernels::GradientMix<float>{factors.of_gradient, nullptr, nullptr};
      std::vector<float> found(rows * channels);
      std::vector<float> expected(rows * channels);
      Emulator emulator({});
      cuda::launch_mix(emulator, dx, y, mix, rows, channels, found.data());
      kernels::mix_gradients(dx, y, mix, rows, channels, expected.data());
      for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5);
    }
  }
}

}  // namespace
}  // namespace staa::test
