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
  // Convolving the sum over channels with a kernel of ones counts the spikes that each output
  // reads.
  const auto kernel = weight.size(2);
  const auto ones = torch::ones({1, 1, kernel, kernel}, torch::kDouble);
  const auto arrived = spikes.to(torch::kDouble).sum(1, /*keepdim=*/true);
  const auto read = torch::conv2d(arrived, ones, {}, stride, kernel / 2).sum().item<double>();
  return read * static_cast<double>(weight.size(0));
}

Operations AttentionCount::sum() const {
  Operations total = gc;
  total += pe;
  total += sa;
  return total;
}

AttentionCount& AttentionCount::operator+=(const AttentionCount& other) {
  gc += other.gc;
  pe += other.pe;
  sa += other.sa;
  return *this;
}

AttentionCount attention_operations(const NeuronOptions& options, std::int64_t channels,
                                    std::int64_t pixels) {
  AttentionCount count;
  if (options.kind != NeuronKind::kStaaLif) return count;
  const auto c = static_cast<double>(channels);
  const double elements = c * static_cast<double>(pixels);
  if (options.gc) {
    const auto reduced =
        static_cast<double>(std::max<std::int64_t>(1, channels / options.gc_reduction));
    count.gc = {2 * (2 * elements + 2 * c * reduced), 2 * elements};
  }
  if (options.pe) {
    count.pe.acs = options.pe_placement == PePlacement::kBoth ? 2 * elements : elements;
  }
  if (options.sa) {
    const auto reduced =
        static_cast<double>(std::max<std::int64_t>(4, channels / options.sa_reduction));
    count.sa = {2 * c * reduced + elements, elements};
  }
  return count;
}

double block_macs(const NeuronOptions& options, std::int64_t channels, std::int64_t pixels) {
  const auto count = attention_operations(options, channels, pixels);
  const bool gated = options.kind == NeuronKind::kStaaLif && options.sa;
  return count.sum().macs - (gated ? static_cast<double>(channels * pixels) : 0);
}

}  // namespace staa::analysis
