#include "staa/kernels/neuron/parameter_gradients.h"

#include <algorithm>
#include <vector>

#include "staa/kernels/neuron/layer_norm.h"
#include "staa/kernels/neuron/outer.h"

namespace staa::kernels {
namespace {

template <class T>
void sum_rows_of(const T* values, std::size_t rows, std::size_t channels, T* out) {
  constexpr std::size_t kGroup = 64;
  std::vector<T> later(rows > kGroup ? channels : 0);
  std::fill(out, out + channels, T(0));
  for (std::size_t first = 0; first < rows; first += kGroup) {
    T* group = first == 0 ? out : later.data();
    if (first > 0) std::fill(later.begin(), later.end(), T(0));
    for (std::size_t row = first; row < std::min(rows, first + kGroup); ++row) {
      const T* from = values + row * channels;
      for (std::size_t c = 0; c < channels; ++c) group[c] += from[c];
    }
    for (std::size_t c = 0; c < later.size() && first > 0; ++c) out[c] += later[c];
  }
}

/// Computes the share's rows of a weight's gradient [P, Q].
template <class T>
void outer(const T* a, const T* b, const OuterShape& shape, Share share, T* out) {
  outer_sums(a, b, shape, shape.p * share.index / share.count,
             shape.p * (share.index + 1) / share.count, out);
}

/// LayerNorm's output without its weights, and after its weights and the ReLU, recomputed from the
/// queries [N, R].
template <class T>
struct Hidden {
  Hidden(const T* query, std::size_t n, std::size_t reduced, const GcWeights<T>& gc)
      : normed(n * reduced), values(n * reduced) {
    for (std::size_t i = 0; i < n * reduced; i += reduced) {
      const auto m = moments(query + i, reduced);
      for (auto r = i; r < i + reduced; ++r) normed[r] = (query[r] - m.mean) * m.rstd;
      hidden_of(gc, query + i, reduced, values.data() + i);
    }
  }

  std::vector<T> normed;
  std::vector<T> values;
};

template <class T>
struct GcRows {
  const T* query;
  const T* context;
  const T* dkey;
  const T* dkey_bias;
  const T* dquery;
  const T* dnorm;
  const T* dw;  // of the block's output vector
};

template <class T>
void gc_gradients(const NeuronShape& shape, std::size_t reduced, const GcWeights<T>& gc,
                  const GcRows<T>& rows, const GcGradients<T>& out, Share share) {
  const auto n = shape.steps * shape.batch;
  const auto channels = shape.channels;
  Hidden<T> hidden(rows.query, n, reduced, gc);
  outer(rows.dquery, rows.context, {n, reduced, channels}, share, out.query);
  outer(rows.dw, hidden.values.data(), {n, channels, reduced}, share, out.value);
  if (share.index > 0) return;
  sum_rows_of(rows.dkey, shape.batch, channels, out.key);
  sum_rows_of(rows.dkey_bias, shape.batch, 1, out.key_bias);
  sum_rows_of(rows.dquery, n, reduced, out.query_bias);
  sum_rows_of(rows.dnorm, n, reduced, out.norm_bias);
  sum_rows_of(rows.dw, n, channels, out.value_bias);
  for (std::size_t i = 0; i < n * reduced; ++i) hidden.normed[i] *= rows.dnorm[i];
  sum_rows_of(hidden.normed.data(), n, reduced, out.norm);
}

template <class T>
void sa_gradients(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows, const T* dhidden,
                  const T* dexpand, const SaGradients<T>& out, Share share) {
  const auto n = layer.shape.steps * layer.shape.batch;
  const auto channels = layer.shape.channels;
  const auto reduced = layer.sa_reduced;
  outer(dhidden, rows.mean, {n, reduced, channels}, share, out.reduce);
  for (auto i = reduced * share.index / share.count * channels;
       i < reduced * (share.index + 1) / share.count * channels; ++i) {
    out.reduce[i] *= layer.sa_alpha;
  }
  outer(dexpand, rows.hidden, {n, channels, reduced}, share, out.expand);
  if (share.index > 0) return;
  sum_rows_of(dhidden, n, reduced, out.reduce_bias);
  sum_rows_of(dexpand, n, channels, out.expand_bias);
}

/// Computes a table's gradient [T, C] from those of every time step and sample, [T, B, C].
template <class T>
void table_gradient(const NeuronShape& shape, const T* rows, T* out) {
  for (std::size_t t = 0; t < shape.steps && out != nullptr; ++t) {
    sum_rows_of(rows + t * shape.batch * shape.channels, shape.batch, shape.channels,
                out + t * shape.channels);
  }
}

template <class T, class S>
void gradients_of(const NeuronLayer<T>& layer, const AggregatorRows<T>& rows,
                  const NeuronGradients<S>& from, const ParameterGradients<T>& out, Share share) {
  const auto& shape = layer.shape;
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    gc_gradients(shape, layer.gc_reduced, layer.gc[i],
                 GcRows<T>{rows.query[i], rows.context[i], from.key[i], from.key_bias[i],
                           from.query[i], from.norm[i], from.offset},
                 out.gc[i], share);
  }
  if (layer.sa_reduced > 0) {
    sa_gradients(layer, rows, static_cast<const T*>(from.hidden),
                 static_cast<const T*>(from.expand), out.sa, share);
  }
  if (share.index > 0) return;
  table_gradient<T>(shape, from.pe_x, out.pe_x);
  table_gradient<T>(shape, from.pe_h, out.pe_h);
  table_gradient<T>(shape, from.offset, out.pe_u);
  if (out.decay != nullptr) sum_rows_of<T>(from.decay, shape.batch, shape.channels, out.decay);
  if (out.gain != nullptr) sum_rows_of<T>(from.gain, shape.batch, shape.channels, out.gain);
}

}  // namespace

void parameter_gradients(const NeuronLayer<float>& layer, const AggregatorRows<float>& rows,
                         const NeuronGradients<float>& gradients,
                         const ParameterGradients<float>& out, Share share) {
  gradients_of(layer, rows, gradients, out, share);
}

void parameter_gradients(const NeuronLayer<double>& layer, const AggregatorRows<double>& rows,
                         const NeuronGradients<double>& gradients,
                         const ParameterGradients<double>& out, Share share) {
  gradients_of(layer, rows, gradients, out, share);
}

void parameter_gradients(const NeuronLayer<float>& layer, const AggregatorRows<float>& rows,
                         const NeuronGradients<Bf16>& gradients,
                         const ParameterGradients<float>& out, Share share) {
  gradients_of(layer, rows, gradients, out, share);
}

void sum_rows(const float* values, std::size_t rows, std::size_t channels, float* out) {
  sum_rows_of(values, rows, channels, out);
}

void sum_rows(const double* values, std::size_t rows, std::size_t channels, double* out) {
  sum_rows_of(values, rows, channels, out);
}

}  // namespace staa::kernels
