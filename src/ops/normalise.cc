#include "staa/ops/normalise.h"

#include "staa/kernels/normalise.h"
#include "staa/ops/elements.h"

namespace staa::ops {
namespace {

using torch::Tensor;

/// The sequence's slabs, one a step and sample, of HW rows each.
struct Slabs {
  explicit Slabs(const Tensor& values)
      : count(values.size(0) * values.size(1)),
        rows(static_cast<std::size_t>(values.size(3) * values.size(4))),
        channels(static_cast<std::size_t>(values.size(2))) {}

  std::size_t offset(std::int64_t slab) const {
    return static_cast<std::size_t>(slab) * rows * channels;
  }

  std::int64_t count;
  std::size_t rows;
  std::size_t channels;
};

template <class F>
void for_slabs(const Slabs& slabs, const F& f) {
  at::parallel_for(0, slabs.count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto slab = begin; slab < end; ++slab) f(slab);
  });
}

template <class S>
void slab_moments(const Tensor& values, Tensor& means, Tensor& squares) {
  using T = kernels::Compute<S>;
  const Slabs slabs(values);
  for_slabs(slabs, [&](std::int64_t slab) {
    const auto row = static_cast<std::size_t>(slab) * slabs.channels;
    kernels::channel_moments(data<S>(values) + slabs.offset(slab), slabs.rows, slabs.channels,
                             data<T>(means) + row, data<T>(squares) + row);
  });
}

template <class S>
void mix(const Tensor& dx, const Tensor& values, const Tensor& of_gradient, const Tensor& of_value,
         const Tensor& constant, Tensor& out) {
  using T = kernels::Compute<S>;
  const Slabs slabs(values);
  const kernels::GradientMix<T> factors{data<T>(of_gradient), data<T>(of_value), data<T>(constant)};
  for_slabs(slabs, [&](std::int64_t slab) {
    const auto at = slabs.offset(slab);
    kernels::mix_gradients(data<S>(dx) + at, data<S>(values) + at, factors, slabs.rows,
                           slabs.channels, data<S>(out) + at);
  });
}

}  // namespace

namespace {

/// Mean and sum of squared deviations of `count` values a channel, [C] in double.
struct Moments {
  Tensor mean;
  Tensor squares;
  double count = 0;
};

/// Those of all processes together. Sums of squares about 0 need no second exchange, and are held
/// in double, where values are floats.
Moments join(const Moments& own, const SumOverProcesses& sum) {
  const auto total = own.mean * own.count;
  auto all =
      torch::stack({total, own.squares + total * own.mean, torch::full_like(own.mean, own.count)});
  sum(all);
  const auto count = all[2][0].item<double>();
  const auto mean = all[0] / count;
  return {mean, (all[1] - all[0] * mean).clamp_min(0), count};
}

}  // namespace

Normalised normalise(const Tensor& values, const BatchNorm& norm) {
  const torch::NoGradGuard no_grad;
  if (!norm.training) {
    return normalise(norm, norm.running_mean, torch::rsqrt(norm.running_var + norm.eps));
  }
  const Slabs slabs(values);
  const auto type = compute_type(values.scalar_type());
  auto means = torch::empty({slabs.count, values.size(2)}, values.options().dtype(type));
  auto squares = torch::empty_like(means);
  with_element(values.scalar_type(),
               [&](auto zero) { slab_moments<decltype(zero)>(values, means, squares); });
  // The slabs' moments join in double: they are few.
  means = means.to(torch::kDouble);
  const auto rows = static_cast<double>(slabs.rows);
  Moments moments;
  moments.mean = means.mean(0);
  moments.squares =
      squares.to(torch::kDouble).sum(0) + rows * (means - moments.mean).square().sum(0);
  moments.count = rows * static_cast<double>(slabs.count);
  if (norm.sum) moments = join(moments, norm.sum);
  const auto& [mean, sum, count] = moments;
  if (norm.running_mean.defined()) {
    norm.running_mean.lerp_(mean.to(type), norm.momentum);
    norm.running_var.lerp_((sum / std::max(1.0, count - 1)).to(type), norm.momentum);
  }
  return normalise(norm, mean.to(type), torch::rsqrt(sum / count + norm.eps).to(type));
}

Normalised normalise(const BatchNorm& norm, const Tensor& mean, const Tensor& rstd) {
  const torch::NoGradGuard no_grad;
  const auto scale = norm.weight * rstd;
  return {mean, rstd, scale, norm.bias - mean * scale};
}

NormaliseGradients normalise_backward(const Tensor& values, const Normalised& normalised,
                                      const BatchNorm& norm, const Tensor& dx, const Tensor& sum,
                                      const Tensor& sum_centred, bool in_place) {
  Tensor of_value;
  Tensor constant;
  if (norm.training) {
    auto count = static_cast<double>(values.numel() / values.size(2));
    auto sums = torch::stack({sum, sum_centred});
    if (norm.sum) {
      auto all = torch::cat({sums, torch::full_like(sums, count)}).to(torch::kDouble);
      norm.sum(all);
      sums = all.to(sums.scalar_type());
      count = all[2][0].item<double>();
    }
    of_value = normalised.scale * normalised.rstd.square() * sums[1] * (-1 / count);
    constant = normalised.scale * sums[0] * (-1 / count) - of_value * normalised.mean;
  }
  auto dvalues = in_place ? dx : torch::empty_like(values);
  with_element(values.scalar_type(), [&](auto zero) {
    mix<decltype(zero)>(dx, values, normalised.scale, of_value, constant, dvalues);
  });
  return {dvalues, sum_centred * normalised.rstd, sum};
}

}  // namespace staa::ops
