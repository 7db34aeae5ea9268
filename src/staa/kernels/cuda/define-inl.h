#pragma once

// Include this after the definition of DeviceLauncher: the one in device.cuh or, in the tests, one
// for the processor.
#include "staa/kernels/cuda/launch-inl.h"
#include "staa/kernels/cuda/launch_error.h"
#include "staa/kernels/cuda/neuron.h"
#include "staa/kernels/cuda/normalise.h"

/// The definitions for neuron.h and normalise.h. Each element type is instantiated in its own file,
/// so that the files compile in parallel.
namespace staa::kernels::cuda {

template <class T>
std::size_t NeuronLimits<T>::pieces(const NeuronShape& shape, bool aggregate) {
  return pieces_of(shape, aggregate, DeviceLauncher(nullptr).device());
}

template <class T>
std::size_t NeuronLimits<T>::most_channels() {
  return most_channels_of<T>(DeviceLauncher(nullptr).device());
}

template <class T>
std::size_t NeuronLimits<T>::forward_scratch(const NeuronLayer<T>& layer) {
  return scratch_of<AggregatorForward>(layer, DeviceLauncher(nullptr).device());
}

template <class T>
std::size_t NeuronLimits<T>::backward_scratch(const NeuronLayer<T>& layer) {
  return scratch_of<AggregatorBackward>(layer, DeviceLauncher(nullptr).device());
}

template <class S>
void NeuronKernels<S>::forward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                               const AggregatorRows<T>& rows, S* spikes, T* scratch,
                               Stream stream) {
  check_steps(layer.shape.steps, kMaxSteps);
  DeviceLauncher launcher(stream);
  launch_forward(launcher, layer, input, rows, spikes, scratch);
}

template <class S>
void NeuronKernels<S>::backward(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                                const AggregatorRows<T>& rows, const S* spike_gradients,
                                const NeuronGradients<S>& gradients, const GcRows<T>& gc_rows,
                                T* scratch, Stream stream) {
  check_steps(layer.shape.steps, kMaxSteps);
  DeviceLauncher launcher(stream);
  launch_backward(launcher, layer, input, rows, spike_gradients, gradients, gc_rows, scratch);
}

template <class S>
void NeuronKernels<S>::parameter_gradients(const NeuronLayer<T>& layer,
                                           const AggregatorRows<T>& rows,
                                           const NeuronGradients<S>& gradients,
                                           const GcRows<T>& gc_rows,
                                           const ParameterGradients<T>& out, Stream stream) {
  DeviceLauncher launcher(stream);
  gradients_of_parameters(launcher, layer, rows, gradients, gc_rows, out);
}

template <class S>
void NeuronKernels<S>::mix_gradients(const S* dx, const S* y, const GradientMix<T>& mix,
                                     std::size_t rows, std::size_t channels, S* out,
                                     Stream stream) {
  DeviceLauncher launcher(stream);
  launch_mix(launcher, dx, y, mix, rows, channels, out);
}

template <class T>
void NormKernels<T>::factors(const NormInput<T>& input, std::size_t channels, T* factors,
                             Stream stream) {
  DeviceLauncher launcher(stream);
  factors_of_norm(launcher, input, channels, factors);
}

template <class T>
void NormKernels<T>::gradient_mix(const NormSums<T>& sums, std::size_t channels, T* mix,
                                  Stream stream) {
  DeviceLauncher launcher(stream);
  mix_of_norm(launcher, sums, channels, mix);
}

template <class T>
void NormKernels<T>::sum_rows(const T* const (&tables)[2], std::size_t rows, std::size_t channels,
                              T* const (&out)[2], Stream stream) {
  DeviceLauncher launcher(stream);
  sums_of_rows(launcher, tables, rows, channels, out);
}

}  // namespace staa::kernels::cuda
