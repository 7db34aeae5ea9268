#include "staa/analysis/count.h"

#include <algorithm>

namespace staa::analysis {

bool is_binary(const torch::Tensor& x) {
  return torch::logical_or(x.eq(0), x.eq(1)).all().item<bool>();
}

double convolution_flops(const torch::Tensor& weight, std::int64_t height, std::int64_t width) {
  return static_cast<double>(weight.numel()) * static_cast<double>(height * width);
}

double convolution_accumulates(const torch::Tensor& spikes, const torch::Tensor& weight,
                               std::int64_t stride) {
  // A kernel of ones over the sum of the channels counts, at every output, the spikes that it
  // reads.
  const auto kernel = weight.size(2);
  const auto ones = torch::ones({1, 1, kernel, kernel}, torch::kDouble);
  const auto arrived = spikes.to(torch::kDouble).sum(1, /*keepdim=*/true);
  const auto read = torch::conv2d(arrived, ones, {}, stride, kernel / 2).sum().item<double>();
  return read * static_cast<double>(weight.size(0));
}

double block_macs(const NeuronOptions& options, std::int64_t channels, std::int64_t pixels) {
  if (options.kind != NeuronKind::kStaaLif) return 0;
  const auto c = static_cast<double>(channels);
  double macs = 0;
  if (options.gc) {
    const auto reduced =
        static_cast<double>(std::max<std::int64_t>(1, channels / options.gc_reduction));
    macs += 2 * (2 * c * static_cast<double>(pixels) + 2 * c * reduced);
  }
  if (options.sa) {
    const auto reduced =
        static_cast<double>(std::max<std::int64_t>(4, channels / options.sa_reduction));
    macs += 2 * c * reduced;
  }
  return macs;
}

}  // namespace staa::analysis
