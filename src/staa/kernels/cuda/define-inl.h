#pragma once

#include "staa/kernels/cuda/launch-inl.h"
#include "staa/kernels/cuda/launch_error.h"
#include "staa/kernels/cuda/neuron.h"
#include "staa/kernels/cuda/normalise.h"

/// The functions of neuron.h and normalise.h by a DeviceLauncher: device.cuh's, or in the tests the
/// processor's. Those of one element; a file each, so that they compile side by side.
// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
#define STAA_DEFINE_ELEMENT(S)                                                                     \
  namespace staa::kernels::cuda {                                                                  \
  void neuron_forward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,           \
                      const AggregatorRows<Compute<S>>& rows, S* spikes, Compute<S>* scratch,      \
                      Stream stream) {                                                             \
    check_steps(layer.shape.steps, kMaxSteps);                                                     \
    DeviceLauncher launcher(stream);                                                               \
    forward(launcher, layer, input, rows, spikes, scratch);                                        \
  }                                                                                                \
  void neuron_backward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,          \
                       const AggregatorRows<Compute<S>>& rows, const S* spike_gradients,           \
                       const NeuronGradients<S>& gradients, const GcRows<Compute<S>>& gc_rows,     \
                       Compute<S>* scratch, Stream stream) {                                       \
    check_steps(layer.shape.steps, kMaxSteps);                                                     \
    DeviceLauncher launcher(stream);                                                               \
    backward(launcher, layer, input, rows, spike_gradients, gradients, gc_rows, scratch);          \
  }                                                                                                \
  void parameter_gradients(const NeuronLayer<Compute<S>>& layer,                                   \
                           const AggregatorRows<Compute<S>>& rows,                                 \
                           const NeuronGradients<S>& gradients, const GcRows<Compute<S>>& gc_rows, \
                           const ParameterGradients<Compute<S>>& out, Stream stream) {             \
    DeviceLauncher launcher(stream);                                                               \
    gradients_of_parameters(launcher, layer, rows, gradients, gc_rows, out);                       \
  }                                                                                                \
  void mix_gradients(const S* dx, const S* y, const GradientMix<Compute<S>>& factors,              \
                     std::size_t rows, std::size_t channels, S* out, Stream stream) {              \
    DeviceLauncher launcher(stream);                                                               \
    mix(launcher, dx, y, factors, rows, channels, out);                                            \
  }                                                                                                \
  }  // namespace staa::kernels::cuda
// NOLINTEND(bugprone-macro-parentheses)

/// And those of what arithmetic is done in.
#define STAA_DEFINE_COMPUTE(T)                                                                    \
  namespace staa::kernels::cuda {                                                                 \
  std::size_t most_channels(T) { return most_channels_of<T>(DeviceLauncher(nullptr).device()); }  \
  std::size_t forward_scratch(const NeuronLayer<T>& layer) {                                      \
    return scratch_of<AggregatorForward>(layer, DeviceLauncher(nullptr).device());                \
  }                                                                                               \
  std::size_t backward_scratch(const NeuronLayer<T>& layer) {                                     \
    return scratch_of<AggregatorBackward>(layer, DeviceLauncher(nullptr).device());               \
  }                                                                                               \
  void norm_factors(const NormInput<T>& input, std::size_t channels, T* factors, Stream stream) { \
    DeviceLauncher launcher(stream);                                                              \
    factors_of_norm(launcher, input, channels, factors);                                          \
  }                                                                                               \
  void norm_gradient_mix(const NormSums<T>& sums, std::size_t channels, T* mix, Stream stream) {  \
    DeviceLauncher launcher(stream);                                                              \
    mix_of_norm(launcher, sums, channels, mix);                                                   \
  }                                                                                               \
  void sum_rows(const T* const (&tables)[2], std::size_t rows, std::size_t channels,              \
                T* const (&out)[2], Stream stream) {                                              \
    DeviceLauncher launcher(stream);                                                              \
    sums_of_rows(launcher, tables, rows, channels, out);                                          \
  }                                                                                               \
  }  // namespace staa::kernels::cuda

/// And those of neither.
#define STAA_DEFINE_REST()                                                \
  namespace staa::kernels::cuda {                                         \
  std::size_t pieces(const NeuronShape& shape, bool aggregate) {          \
    return pieces_of(shape, aggregate, DeviceLauncher(nullptr).device()); \
  }                                                                       \
  }  // namespace staa::kernels::cuda
