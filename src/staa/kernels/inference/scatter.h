#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Convolutions and matrix products that go from inputs to outputs: each value that is not 0 adds
/// its weights to the outputs that read it, so that silent inputs cost nothing. Convolutions may
/// have any stride, dilation, padding and groups. Images are [H, W, C].
namespace staa::kernels {

/// The values of a layer in one time step: all of them, or those whose indices are listed.
struct SparseValues {
  const float* values = nullptr;
  const std::uint32_t* active = nullptr;  ///< null: all
  std::size_t count = 0;                  ///< number of listed values, or of all
};

/// For one axis: the outputs that read an input, and through which tap of the kernel.
class Taps {
 public:
  struct Tap {
    std::uint32_t kernel;
    std::uint32_t out;
  };

  Taps() = default;
  Taps(std::size_t inputs, std::size_t outputs, std::size_t kernel, std::size_t stride,
       std::size_t before, std::size_t dilation);

  const Tap* begin(std::size_t input) const { return taps_.data() + starts_[input]; }
  const Tap* end(std::size_t input) const { return taps_.data() + starts_[input + 1]; }
  std::size_t size(std::size_t input) const { return starts_[input + 1] - starts_[input]; }

 private:
  std::vector<std::uint32_t> starts_;
  std::vector<Tap> taps_;  // sorted by input, then by output
};

struct ScatterConvolution {
  std::size_t width = 0;  ///< of the input, like `channels`
  std::size_t channels = 0;
  std::size_t out_width = 0;
  std::size_t out = 0;  ///< output channels
  std::size_t groups = 1;
  std::size_t kernel_rows = 1;
  std::size_t kernel_columns = 1;
  Taps rows;
  Taps columns;
  /// Whether stride and dilation are 1 along the columns and there is one group. Then the outputs
  /// that a value reaches in a row are contiguous, and so are their weights.
  bool side_by_side = false;
};

/// Reorders weights [kh, kw, in / groups, out] for scatter_convolution() to
/// [in, kh, kw, out / groups], with kw reversed.
void order_scatter_weights(const ScatterConvolution& shape, const float* weights, float* ordered);

/// output [H', W', out] += the convolution of the values.
void scatter_convolution(const ScatterConvolution& shape, const float* ordered,
                         const SparseValues& in, float* output);

/// output [out] += the values times `weights` [in, out].
void scatter_matrix(std::size_t out, const float* weights, const SparseValues& in, float* output);

}  // namespace staa::kernels
