#pragma once

#include "staa/kernels/cuda/gc_rows.h"
#include "staa/kernels/cuda/grid.h"
#include "staa/kernels/cuda/stream.h"
#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/neuron/parameter_gradients.h"

/// Neurons over all their time steps on a graphics card. Arguments are those of kernels/neuron.h in
/// the card's memory, but for `dropped`, which is read from the processor's before a call returns;
/// calls are queued on a stream and return at once. Elements S are float, double, Bf16 or Half, the
/// last two with float for everything else. The differences to the processor's kernels:
///   - a residual is values, never bits, and no bits are written;
///   - NeuronLayer's `offset` may be null: 0;
///   - GcWeights and SaWeights need their matrices row by row alone, in both passes;
///   - where NeuronGradients says [B, C] or [B], rows are [B * P, ...] here, P = pieces(), and
///     [T, B * P, C] those of `pe_x` and `pe_h`: sums over parts of a sample, in a fixed order;
///   - at most kMaxSteps steps, and with the aggregator most_channels() channels.
/// Errors: Error(kRuntime) naming the kernel, where a launch is refused or steps are too many.
namespace staa::kernels::cuda {

/// Parts of a sample that leave rows of sums of their own, on the current device.
std::size_t pieces(const NeuronShape& shape, bool aggregate);

/// Channels of a layer with the aggregator, on the current device, where arithmetic is in float or
/// double: 3,000 in float with the 227 KiB of a block on compute capability 9.0.
std::size_t most_channels(float);
std::size_t most_channels(double);

/// Numbers T that a pass works in, from the start of a multiple of 16 bytes on.
std::size_t forward_scratch(const NeuronLayer<float>& layer);
std::size_t forward_scratch(const NeuronLayer<double>& layer);
std::size_t backward_scratch(const NeuronLayer<float>& layer);
std::size_t backward_scratch(const NeuronLayer<double>& layer);

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
#define STAA_FOR_ELEMENT(S)                                                                        \
  /** Spikes of a layer from its input. */                                                         \
  void neuron_forward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,           \
                      const AggregatorRows<Compute<S>>& rows, S* spikes, Compute<S>* scratch,      \
                      Stream stream);                                                              \
  /** Gradients from those of the spikes; `rows` as the forward pass left them. */                 \
  void neuron_backward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,          \
                       const AggregatorRows<Compute<S>>& rows, const S* spike_gradients,           \
                       const NeuronGradients<S>& gradients, const GcRows<Compute<S>>& gc_rows,     \
                       Compute<S>* scratch, Stream stream);                                        \
  /** From what neuron_backward() left to the gradients of the parameters, in one launch. */       \
  void parameter_gradients(const NeuronLayer<Compute<S>>& layer,                                   \
                           const AggregatorRows<Compute<S>>& rows,                                 \
                           const NeuronGradients<S>& gradients, const GcRows<Compute<S>>& gc_rows, \
                           const ParameterGradients<Compute<S>>& out, Stream stream);
STAA_FOR_ELEMENT(float)
STAA_FOR_ELEMENT(double)
STAA_FOR_ELEMENT(Bf16)
STAA_FOR_ELEMENT(Half)
#undef STAA_FOR_ELEMENT
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::cuda
