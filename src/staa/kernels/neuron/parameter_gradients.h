#pragma once

#include <cstddef>

#include "staa/kernels/neuron/neuron.h"

namespace staa::kernels {

/// Gradients of GcWeights, of the same shapes.
template <class T>
struct GcGradients {
  T* key = nullptr;
  T* key_bias = nullptr;
  T* query = nullptr;
  T* query_bias = nullptr;
  T* norm = nullptr;
  T* norm_bias = nullptr;
  T* value = nullptr;
  T* value_bias = nullptr;
};

/// Gradients of SaWeights, of the same shapes.
template <class T>
struct SaGradients {
  T* reduce = nullptr;
  T* reduce_bias = nullptr;
  T* expand = nullptr;
  T* expand_bias = nullptr;
};

/// Gradients of a layer's parameters; those of absent parameters are null.
template <class T>
struct ParameterGradients {
  T* decay = nullptr;  ///< [C], like `gain`
  T* gain = nullptr;
  T* pe_x = nullptr;  ///< [T, C], like the next two
  T* pe_h = nullptr;
  T* pe_u = nullptr;
  GcGradients<T> gc[2];  ///< on X, on H
  SaGradients<T> sa;
};

/// One of `count` equal shares of the work.
struct Share {
  std::size_t index = 0;
  std::size_t count = 1;
};

/// The number of multiplications in parameter_gradients().
template <class T>
std::size_t parameter_gradients_cost(const NeuronLayer<T>& layer) {
  return layer.shape.steps * layer.shape.batch * layer.shape.channels *
         (4 * layer.gc_reduced + 2 * layer.sa_reduced);
}

/// Computes the gradients of the parameters from what neuron_backward() has written to `gradients`
/// for all samples. `share` divides the work but never a sum: each thread may take one share, and
/// the result does not depend on their number. Of `layer`, only the shape, the reduced widths, GC's
/// norm and `sa_alpha` are used.
void parameter_gradients(const NeuronLayer<float>& layer, const AggregatorRows<float>& rows,
                         const NeuronGradients<float>& gradients,
                         const ParameterGradients<float>& out, Share share);
void parameter_gradients(const NeuronLayer<double>& layer, const AggregatorRows<double>& rows,
                         const NeuronGradients<double>& gradients,
                         const ParameterGradients<double>& out, Share share);
void parameter_gradients(const NeuronLayer<float>& layer, const AggregatorRows<float>& rows,
                         const NeuronGradients<Bf16>& gradients,
                         const ParameterGradients<float>& out, Share share);

/// out [C] = the sum of `rows` rows of C values. It is taken in groups of rows, so that long sums
/// lose little precision.
void sum_rows(const float* values, std::size_t rows, std::size_t channels, float* out);
void sum_rows(const double* values, std::size_t rows, std::size_t channels, double* out);

}  // namespace staa::kernels
