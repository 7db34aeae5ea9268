#pragma once

#include "staa/kernels/cuda/gc_rows.h"
#include "staa/kernels/cuda/grid.h"
#include "staa/kernels/cuda/stream.h"
#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/neuron/normalise.h"
#include "staa/kernels/neuron/parameter_gradients.h"

/// Neurons over all their time steps on a CUDA device. Arguments are those of
/// kernels/neuron/neuron.h in the device's memory, except `dropped`, which is read from the
/// processor's memory before a call returns. Calls are queued on a stream and return at once.
/// Elements S are float, double, Bf16 or Half; with the last two, everything else is float. The
/// differences from the processor's kernels are:
///   - A residual is given as values, never as bits, and no bits are written.
///   - NeuronLayer's `offset` may be null, which stands for 0.
///   - GcWeights and SaWeights need only the matrices that are not `..._columns`, in both passes.
///   - Where NeuronGradients says [B, C] or [B], rows are [B * P, ...] here, with P = pieces(), and
///     `pe_x` and `pe_h` are [T, B * P, C]: sums over parts of a sample, in a fixed order.
///   - There are at most kMaxSteps steps and, with the aggregator, most_channels() channels.
/// Throws Error(kRuntime) if there are too many steps, or if a launch is refused; the error then
/// names the kernel.
namespace staa::kernels::cuda {

/// The needs and limits of a layer on the current device. T is the type of the arithmetic.
template <class T>
struct NeuronLimits {
  /// The number P of parts of a sample that have their own rows of sums.
  static std::size_t pieces(const NeuronShape& shape, bool aggregate);

  /// The largest number of channels of a layer with the aggregator: 3,000 in float with the 227 KiB
  /// that a block has on compute capability 9.0.
  static std::size_t most_channels();

  /// The size of a pass's scratch memory in numbers T. The memory must start at a multiple of 16
  /// bytes.
  static std::size_t forward_scratch(const NeuronLayer<T>& layer);
  static std::size_t backward_scratch(const NeuronLayer<T>& layer);
};

/// The passes over sequences with elements S.
template <class S>
struct NeuronKernels {
  using T = Compute<S>;

  /// Computes the spikes of a layer from its input.
  static void forward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                      const AggregatorRows<T>& rows, S* spikes, T* scratch, Stream stream);

  /// Computes gradients from those of the spikes. `rows` are those of the forward pass.
  static void backward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                       const AggregatorRows<T>& rows, const S* spike_gradients,
                       const NeuronGradients<S>& gradients, const GcRows<T>& gc_rows, T* scratch,
                       Stream stream);

  /// Computes the gradients of the parameters from what backward() has written, in one launch.
  static void parameter_gradients(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows,
                                  const NeuronGradients<S>& gradients, const GcRows<T>& gc_rows,
                                  const ParameterGradients<T>& out, Stream stream);

  /// out = of_gradient * dx + of_value * y + constant on rows of channels; `out` may be dx.
  static void mix_gradients(const S* dx, const S* y, const GradientMix<T>& mix, std::size_t rows,
                            std::size_t channels, S* out, Stream stream);
};

extern template struct NeuronLimits<float>;
extern template struct NeuronLimits<double>;
extern template struct NeuronKernels<float>;
extern template struct NeuronKernels<double>;
extern template struct NeuronKernels<Bf16>;
extern template struct NeuronKernels<Half>;

}  // namespace staa::kernels::cuda
