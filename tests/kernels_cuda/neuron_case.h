#pragma once

#include <cstdint>
#include <deque>
#include <ostream>
#include <vector>

#include "staa/kernels/cuda/gc_rows.h"
#include "staa/kernels/neuron/neuron.h"
#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/util/random.h"

namespace staa::test {

/// Arrays with the lifetime of the case that points to them.
template <class T>
class Arrays {
 public:
  T* filled(std::size_t size, T value) { return arrays_.emplace_back(size, value).data(); }

  T* drawn(Random& random, std::size_t size, double deviation, double mean = 0) {
    auto& array = arrays_.emplace_back(size);
    for (auto& value : array) value = static_cast<T>(mean + deviation * random.normal());
    return array.data();
  }

 private:
  std::deque<std::vector<T>> arrays_;
};

/// A random layer, its input and the gradients of its spikes, in T. The seed determines everything.
template <class T>
struct NeuronCase {
  NeuronCase(std::uint64_t seed, bool smooth);
  NeuronCase(const NeuronCase&) = delete;
  NeuronCase& operator=(const NeuronCase&) = delete;

  std::size_t slab() const { return layer.shape.pixels * layer.shape.channels; }
  std::size_t step() const { return layer.shape.batch * slab(); }
  std::size_t size() const { return layer.shape.steps * step(); }
  std::size_t size_of_term(int i) const { return input.terms[i].constant ? step() : size(); }
  std::size_t size_of_dx() const { return input.constant() ? step() : size(); }

  Arrays<T> arrays;
  std::vector<std::uint8_t> dropped;
  kernels::NeuronLayer<T> layer;
  kernels::NeuronInput<T> input;
  const T* center[2] = {};  ///< for terms with a BatchNorm
  const T* spike_gradients = nullptr;
  bool adaptive = false;
};

template <class T>
std::ostream& operator<<(std::ostream& out, const NeuronCase<T>& c);

/// The results of a layer as named arrays, so that two implementations can be compared.
template <class T>
struct Outcome {
  struct Named {
    const char* name;
    std::size_t size;
    T* values;
  };

  T* add(const char* name, std::size_t size) {
    named.push_back({name, size, arrays.filled(size, T(0))});
    return named.back().values;
  }

  Arrays<T> arrays;
  std::vector<Named> named;
};

/// Allocates in `out` what the forward pass writes.
template <class T>
kernels::AggregatorRows<T> place_rows(const NeuronCase<T>& c, Outcome<T>& out);

/// Allocates in `memory` the sums, `pieces` rows per sample. They are not compared.
template <class T, class S>
kernels::NeuronGradients<S> place_gradients(const NeuronCase<T>& c, std::size_t pieces,
                                            Arrays<T>& memory);
template <class T>
kernels::cuda::GcRows<T> place_gc_rows(const NeuronCase<T>& c, Arrays<T>& memory);

/// Allocates the gradients of the parameters in `out`.
template <class T>
kernels::ParameterGradients<T> place_outputs(const NeuronCase<T>& c, Outcome<T>& out);

/// Computes spikes, rows and gradients with the processor's kernels.
template <class T>
void run_on_processor(const NeuronCase<T>& c, Outcome<T>& out);

}  // namespace staa::test
