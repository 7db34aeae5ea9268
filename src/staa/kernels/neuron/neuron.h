#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/kernels/element.h"
#include "staa/options/neuron.h"

/// Spiking neurons over all time steps, forward and backward, on plain memory. Sequences are
/// [T, B, HW, C] without gaps. Rows are [T, B, n], one vector per time step and sample. The number
/// type T is float or double; the elements S of sequences are T or, for float, also bf16. Every
/// function works only on the given range of samples, so that a caller may give disjoint ranges to
/// several threads; the result does not depend on how the batch is divided. The processor's widest
/// vectors are chosen at run time.
namespace staa::kernels {

struct NeuronShape {
  std::size_t steps = 0;
  std::size_t batch = 0;
  std::size_t pixels = 0;  ///< HW
  std::size_t channels = 0;
};

/// Weights of a global-context block, in the order of Eq. 7-9; R is its reduced width. The forward
/// pass reads the transposed matrices `..._columns`, the backward pass the others; each needs only
/// its own.
template <class T>
struct GcWeights {
  const T* key = nullptr;            ///< [C]
  const T* key_bias = nullptr;       ///< [1]
  const T* query = nullptr;          ///< [R, C]
  const T* query_bias = nullptr;     ///< [R]
  const T* norm = nullptr;           ///< [R]
  const T* norm_bias = nullptr;      ///< [R]
  const T* value = nullptr;          ///< [C, R]
  const T* value_bias = nullptr;     ///< [C]
  const T* query_columns = nullptr;  ///< [C, R]
  const T* value_columns = nullptr;  ///< [R, C]
};

/// Weights of a step-attention block (Eq. 12); R is its reduced width. The passes read the matrices
/// as in GcWeights.
template <class T>
struct SaWeights {
  const T* reduce = nullptr;          ///< [R, C]
  const T* reduce_bias = nullptr;     ///< [R]
  const T* expand = nullptr;          ///< [C, R]
  const T* expand_bias = nullptr;     ///< [C]
  const T* reduce_columns = nullptr;  ///< [C, R]
  const T* expand_columns = nullptr;  ///< [R, C]
};

/// One term of a layer's input: scale * values + shift, with one scale and one shift per channel.
template <class S>
struct InputTerm {
  const S* values = nullptr;          ///< [T, B, HW, C], or [1, B, HW, C] if `constant`
  const Compute<S>* scale = nullptr;  ///< [C]; null: 1, and then there is no shift either
  const Compute<S>* shift = nullptr;  ///< [C]; null: 0
  bool constant = false;              ///< whether the values are the same in every time step
};

/// The input X, the sum of its terms. BatchNorm is the scale and shift of a term. A residual is the
/// second term, which may be spikes instead of values.
template <class S>
struct NeuronInput {
  InputTerm<S> terms[2];
  int count = 1;
  /// The bits of the second term, [T, B, spike_words(HW * C)], instead of its values; null if it
  /// has values.
  const std::uint64_t* spikes = nullptr;

  bool constant() const { return terms[0].constant && (count == 1 || terms[1].constant); }
};

/// How a membrane that has fired is reset before it is carried to the next time step.
enum class ResetKind {
  kToValue,   ///< H = reset where V fired
  kSubtract,  ///< H = V - reset where V fired
  kNone,      ///< H = V
};

/// The membranes of a layer before its first and after its last time step, [B, HW, C]. Layers with
/// the aggregator do not have them.
template <class T>
struct MembraneState {
  const T* initial = nullptr;  ///< null: 0
  T* last = nullptr;           ///< null: not wanted
  /// Whether both are V, before the reset, instead of H.
  bool before_reset = false;
};

/// A layer of neurons. Without the aggregator, and in the time steps that TSRD drops, the membrane
/// is V = decay * H + gain * X + offset (Eq. 1 and 6); with it, the membrane follows Eq. 14.
template <class T>
struct NeuronLayer {
  NeuronShape shape;
  const T* decay = nullptr;   ///< [C]
  const T* gain = nullptr;    ///< [C]
  const T* offset = nullptr;  ///< [C]

  bool aggregate = false;
  const std::uint8_t* dropped = nullptr;  ///< [T], not 0 in steps that TSRD drops; null: drops none
  const T* pe_x = nullptr;                ///< [T, C], or null, like the next two
  const T* pe_h = nullptr;
  const T* pe_u = nullptr;
  std::size_t gc_reduced = 0;  ///< 0: no GC
  GcWeights<T> gc[2];          ///< on X, on H
  std::size_t sa_reduced = 0;  ///< 0: no SA
  SaWeights<T> sa;
  T sa_alpha = 2;  ///< factor on the pooled input
  T sa_gain = 1;   ///< gate = sa_gain * sigmoid(.); without SA it is sa_gain / 2

  /// The output is max(V, 0) instead of spikes, and there are no bits. Nothing is carried to the
  /// next time step: `threshold` must be minus infinity and `reset` 0.
  bool relu = false;
  T threshold = 1;
  T reset = 0;
  ResetKind reset_kind = ResetKind::kToValue;  ///< with the aggregator only kToValue
  MembraneState<T> state;
  Surrogate surrogate = Surrogate::kRectangle;
  T surrogate_width = 1;
  T surrogate_scale = 1;
  bool detach_reset = false;
};

/// Intermediate results of the aggregator, which the forward pass writes and the backward pass
/// reads. Only the rows of blocks that are switched on are used. Index 0 belongs to X, 1 to H. All
/// rows except the attention must start at 0.
template <class T>
struct AggregatorRows {
  T* attention[2] = {};  ///< [T, B, HW] sigmoid of GC's key
  T* context[2] = {};    ///< [T, B, C] Eq. 7
  T* query[2] = {};      ///< [T, B, R] before LayerNorm
  T* mean = nullptr;     ///< [T, B, C] mean of U over pixels
  T* hidden = nullptr;   ///< [T, B, R] of SA, after its ReLU
  T* offset = nullptr;   ///< [T, B, C] U - X - H
  T* gate = nullptr;     ///< [T, B, C] of SA
};

/// Gradients, named after the quantities that they belong to. Those that are not overwritten must
/// start at 0; the rows of a dropped time step stay 0.
template <class S>
struct NeuronGradients {
  using T = Compute<S>;
  /// The gradient of X, [T, B, HW, C] or, if the whole input is constant, its sum over the time
  /// steps, [1, B, HW, C]. It is overwritten, not added to.
  S* x = nullptr;
  T* shift = nullptr;       ///< [B, C] sums of dX over time steps and pixels, or null
  T* scale[2] = {};         ///< [B, C] sums of dX * (values - center) of a term, or null
  const T* center[2] = {};  ///< [C]
  T* decay = nullptr;       ///< [B, C], or null, like `gain`
  T* gain = nullptr;        ///< [B, C]
  T* key[2] = {};           ///< [B, C] of GC's key weight
  T* key_bias[2] = {};      ///< [B]
  T* query[2] = {};         ///< [T, B, R] of GC's query before LayerNorm
  T* norm[2] = {};          ///< [T, B, R] of LayerNorm's output
  T* offset = nullptr;      ///< [T, B, C]
  T* hidden = nullptr;      ///< [T, B, R] of SA's hidden values before the ReLU
  T* expand = nullptr;      ///< [T, B, C] of the gate before its sigmoid
  T* pe_x = nullptr;        ///< [T, B, C], or null, like `pe_h`
  T* pe_h = nullptr;
  const T* last = nullptr;  ///< of the last membrane [B, HW, C], an input; null: 0
  T* initial = nullptr;     ///< of the initial membrane [B, HW, C], overwritten; or null
};

/// A range of samples.
struct SampleRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The spikes of a layer.
template <class S>
struct SpikeOutput {
  S* values = nullptr;            ///< [T, B, HW, C]
  std::uint64_t* bits = nullptr;  ///< [T, B, spike_words(HW * C)], the same; null: not wanted
};

/// Computes the spikes of a layer from its input.
void neuron_forward(const NeuronLayer<float>& layer, const NeuronInput<float>& input,
                    const AggregatorRows<float>& rows, const SpikeOutput<float>& spikes,
                    SampleRange samples);
void neuron_forward(const NeuronLayer<double>& layer, const NeuronInput<double>& input,
                    const AggregatorRows<double>& rows, const SpikeOutput<double>& spikes,
                    SampleRange samples);
void neuron_forward(const NeuronLayer<float>& layer, const NeuronInput<Bf16>& input,
                    const AggregatorRows<float>& rows, const SpikeOutput<Bf16>& spikes,
                    SampleRange samples);

/// Computes gradients from those of the spikes. `rows` are those of the forward pass. The membrane
/// is recomputed from the input with the same arithmetic.
void neuron_backward(const NeuronLayer<float>& layer, const NeuronInput<float>& input,
                     const AggregatorRows<float>& rows, const float* spike_gradients,
                     const NeuronGradients<float>& gradients, SampleRange samples);
void neuron_backward(const NeuronLayer<double>& layer, const NeuronInput<double>& input,
                     const AggregatorRows<double>& rows, const double* spike_gradients,
                     const NeuronGradients<double>& gradients, SampleRange samples);
void neuron_backward(const NeuronLayer<float>& layer, const NeuronInput<Bf16>& input,
                     const AggregatorRows<float>& rows, const Bf16* spike_gradients,
                     const NeuronGradients<Bf16>& gradients, SampleRange samples);

}  // namespace staa::kernels
