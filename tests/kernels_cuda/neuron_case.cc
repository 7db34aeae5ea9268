#include "kernels_cuda/neuron_case.h"

#include <algorithm>

#include "staa/kernels/transpose.h"

namespace staa::test {
namespace {

template <class T>
const T* transposed(Arrays<T>& arrays, const T* weight, std::size_t p, std::size_t q) {
  T* out = arrays.filled(p * q, T(0));
  kernels::transpose(weight, p, q, out);
  return out;
}

template <class T>
kernels::GcWeights<T> random_gc(Random& random, Arrays<T>& arrays, std::size_t channels,
                                std::size_t reduced) {
  kernels::GcWeights<T> gc;
  gc.key = arrays.drawn(random, channels, 0.3);
  gc.key_bias = arrays.drawn(random, 1, 0.5);
  gc.query = arrays.drawn(random, reduced * channels, 0.2);
  gc.query_bias = arrays.drawn(random, reduced, 0.3);
  gc.norm = arrays.drawn(random, reduced, 0.5);
  gc.norm_bias = arrays.drawn(random, reduced, 0.5);
  gc.value = arrays.drawn(random, channels * reduced, 0.2);
  gc.value_bias = arrays.drawn(random, channels, 0.2);
  gc.query_columns = transposed(arrays, gc.query, reduced, channels);
  gc.value_columns = transposed(arrays, gc.value, channels, reduced);
  return gc;
}

template <class T>
kernels::SaWeights<T> random_sa(Random& random, Arrays<T>& arrays, std::size_t channels,
                                std::size_t reduced) {
  kernels::SaWeights<T> sa;
  sa.reduce = arrays.drawn(random, reduced * channels, 0.3);
  sa.reduce_bias = arrays.drawn(random, reduced, 0.3);
  sa.expand = arrays.drawn(random, channels * reduced, 0.3);
  sa.expand_bias = arrays.drawn(random, channels, 0.3);
  sa.reduce_columns = transposed(arrays, sa.reduce, reduced, channels);
  sa.expand_columns = transposed(arrays, sa.expand, channels, reduced);
  return sa;
}

}  // namespace

template <class T>
NeuronCase<T>::NeuronCase(std::uint64_t seed, bool smooth) {
  Random random{seed, 17};
  const auto below = [&](std::int64_t count) {
    return static_cast<std::size_t>(random.below(count));
  };
  auto& shape = layer.shape;
  const bool long_sequence = random.chance(0.1);
  shape.steps = long_sequence ? 9 + below(28) : 1 + below(5);
  shape.batch = 1 + below(3);
  shape.pixels = random.chance(0.2) ? 1 : 1 + below(long_sequence ? 12 : 50);
  shape.channels = 1 + below(70);
  if (random.chance(0.5)) shape.channels = (shape.channels + 7) / 8 * 8;
  const auto channels = shape.channels;

  layer.aggregate = random.chance(0.6);
  adaptive = !layer.aggregate && random.chance(0.5);
  layer.decay = arrays.drawn(random, channels, 0.2, 0.6);
  layer.gain = arrays.drawn(random, channels, 0.2, 0.7);
  layer.offset = arrays.drawn(random, channels, 0.1);
  layer.threshold = static_cast<T>(random.uniform(0.5, 1.2));
  layer.reset = random.chance(0.5) ? T(0) : static_cast<T>(random.uniform(-0.3, 0.3));
  const auto shapes = static_cast<int>(Surrogate::kFastSigmoid) + 1;
  layer.surrogate = smooth ? Surrogate::kArctan : static_cast<Surrogate>(below(shapes));
  layer.surrogate_width = static_cast<T>(random.uniform(0.5, 2));
  layer.surrogate_scale = static_cast<T>(random.uniform(0.5, 2));
  layer.detach_reset = random.chance(0.5);
  if (layer.aggregate) {
    if (random.chance(0.7)) {
      for (std::size_t t = 0; t < shape.steps; ++t) dropped.push_back(random.chance(0.3) ? 1 : 0);
      layer.dropped = dropped.data();
    }
    if (random.chance(0.5)) layer.pe_x = arrays.drawn(random, shape.steps * channels, 0.5);
    if (random.chance(0.3)) layer.pe_h = arrays.drawn(random, shape.steps * channels, 0.5);
    if (random.chance(0.3)) layer.pe_u = arrays.drawn(random, shape.steps * channels, 0.5);
    if (random.chance(0.7)) {
      layer.gc_reduced = 1 + below(20);
      for (auto& gc : layer.gc) gc = random_gc(random, arrays, channels, layer.gc_reduced);
    }
    if (random.chance(0.7)) {
      layer.sa_reduced = 1 + below(6);
      layer.sa = random_sa(random, arrays, channels, layer.sa_reduced);
    }
    layer.sa_alpha = static_cast<T>(random.uniform(0.5, 3));
    Random other{seed, 18};
    layer.sa_gain = static_cast<T>(other.uniform(0.5, 1.3));
  }

  input.count = random.chance(0.4) ? 2 : 1;
  for (int i = 0; i < input.count; ++i) {
    auto& term = input.terms[i];
    term.constant = shape.steps > 1 && random.chance(0.25);
    term.values = arrays.drawn(random, size_of_term(i), 1);
    if (!random.chance(0.5)) continue;
    term.scale = arrays.drawn(random, channels, 0.3, 1);
    term.shift = arrays.drawn(random, channels, 0.3);
    center[i] = arrays.drawn(random, channels, 0.5);
  }
  spike_gradients = arrays.drawn(random, size(), 1);
}

template <class T>
std::ostream& operator<<(std::ostream& out, const NeuronCase<T>& c) {
  const auto& layer = c.layer;
  const auto& shape = layer.shape;
  return out << "T " << shape.steps << " B " << shape.batch << " HW " << shape.pixels << " C "
             << shape.channels << " aggregate " << layer.aggregate << " gc " << layer.gc_reduced
             << " sa " << layer.sa_reduced << " pe " << (layer.pe_x != nullptr)
             << (layer.pe_h != nullptr) << (layer.pe_u != nullptr) << " dropped "
             << !c.dropped.empty() << " surrogate " << static_cast<int>(layer.surrogate)
             << " terms " << c.input.count << " constant " << c.input.terms[0].constant
             << c.input.terms[1].constant << " norm " << (c.center[0] != nullptr)
             << (c.center[1] != nullptr);
}

template <class T>
kernels::AggregatorRows<T> place_rows(const NeuronCase<T>& c, Outcome<T>& out) {
  kernels::AggregatorRows<T> rows;
  const auto& layer = c.layer;
  if (!layer.aggregate) return rows;
  const auto vectors = [&](const char* name, std::size_t size) {
    return out.add(name, layer.shape.steps * layer.shape.batch * size);
  };
  const auto channels = layer.shape.channels;
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    rows.attention[i] = vectors("attention", layer.shape.pixels);
    rows.context[i] = vectors("context", channels);
    rows.query[i] = vectors("query", layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    rows.mean = vectors("mean", channels);
    rows.hidden = vectors("hidden", layer.sa_reduced);
  }
  rows.offset = vectors("offset", channels);
  rows.gate = vectors("gate", channels);
  return rows;
}

template <class T, class S>
kernels::NeuronGradients<S> place_gradients(const NeuronCase<T>& c, std::size_t pieces,
                                            Arrays<T>& memory) {
  kernels::NeuronGradients<S> out;
  const auto& layer = c.layer;
  const auto& shape = layer.shape;
  const auto channels = shape.channels;
  const auto parts = [&](std::size_t size) {
    return memory.filled(shape.batch * pieces * size, T(0));
  };
  const auto vectors = [&](std::size_t size) {
    return memory.filled(shape.steps * shape.batch * size, T(0));
  };
  for (int i = 0; i < 2; ++i) {
    if (c.center[i] == nullptr) continue;
    if (out.shift == nullptr) out.shift = parts(channels);
    out.scale[i] = parts(channels);
    out.center[i] = c.center[i];
  }
  if (c.adaptive) {
    out.decay = parts(channels);
    out.gain = parts(channels);
  }
  if (!layer.aggregate) return out;
  out.offset = vectors(channels);
  if (layer.pe_x != nullptr)
    out.pe_x = memory.filled(shape.steps * shape.batch * pieces * channels, T(0));
  if (layer.pe_h != nullptr)
    out.pe_h = memory.filled(shape.steps * shape.batch * pieces * channels, T(0));
  for (int i = 0; i < 2 && layer.gc_reduced > 0; ++i) {
    out.key[i] = parts(channels);
    out.key_bias[i] = parts(1);
    out.query[i] = vectors(layer.gc_reduced);
    out.norm[i] = vectors(layer.gc_reduced);
  }
  if (layer.sa_reduced > 0) {
    out.hidden = vectors(layer.sa_reduced);
    out.expand = vectors(channels);
  }
  return out;
}

template <class T>
kernels::cuda::GcRows<T> place_gc_rows(const NeuronCase<T>& c, Arrays<T>& memory) {
  kernels::cuda::GcRows<T> out;
  const auto size = c.layer.shape.steps * c.layer.shape.batch * c.layer.gc_reduced;
  for (int i = 0; i < 2 && size > 0; ++i) {
    out.hidden[i] = memory.filled(size, T(0));
    out.normed[i] = memory.filled(size, T(0));
  }
  return out;
}

template <class T>
kernels::ParameterGradients<T> place_outputs(const NeuronCase<T>& c, Outcome<T>& out) {
  kernels::ParameterGradients<T> to;
  const auto& layer = c.layer;
  const auto channels = layer.shape.channels;
  if (c.adaptive) {
    to.decay = out.add("decay", channels);
    to.gain = out.add("gain", channels);
  }
  const auto table = [&](const char* name, const T* encoding) {
    return encoding == nullptr ? nullptr : out.add(name, layer.shape.steps * channels);
  };
  to.pe_x = table("pe_x", layer.pe_x);
  to.pe_h = table("pe_h", layer.pe_h);
  to.pe_u = table("pe_u", layer.pe_u);
  const auto r = layer.gc_reduced;
  for (int i = 0; i < 2 && r > 0; ++i) {
    to.gc[i] = {out.add("key", channels),
                out.add("key_bias", 1),
                out.add("query", r * channels),
                out.add("query_bias", r),
                out.add("norm", r),
                out.add("norm_bias", r),
                out.add("value", channels * r),
                out.add("value_bias", channels)};
  }
  const auto s = layer.sa_reduced;
  if (s > 0) {
    to.sa = {out.add("reduce", s * channels), out.add("reduce_bias", s),
             out.add("expand", channels * s), out.add("expand_bias", channels)};
  }
  return to;
}

template <class T>
void run_on_processor(const NeuronCase<T>& c, Outcome<T>& out) {
  const kernels::SampleRange all{0, c.layer.shape.batch};
  T* spikes = out.add("spikes", c.size());
  const auto rows = place_rows(c, out);
  kernels::neuron_forward(c.layer, c.input, rows, {spikes, nullptr}, all);

  Arrays<T> memory;
  auto gradients = place_gradients<T, T>(c, 1, memory);
  gradients.x = out.add("x", c.size_of_dx());
  kernels::neuron_backward(c.layer, c.input, rows, c.spike_gradients, gradients, all);
  kernels::parameter_gradients(c.layer, rows, gradients, place_outputs(c, out), {});
  const auto channels = c.layer.shape.channels;
  for (int i = 0; i < 2; ++i) {
    if (c.center[i] == nullptr) continue;
    kernels::sum_rows(gradients.scale[i], c.layer.shape.batch, channels,
                      out.add("scale", channels));
    kernels::sum_rows(gradients.shift, c.layer.shape.batch, channels, out.add("shift", channels));
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(T)                                                                        \
  template struct NeuronCase<T>;                                                                \
  template std::ostream& operator<<(std::ostream&, const NeuronCase<T>&);                       \
  template kernels::AggregatorRows<T> place_rows(const NeuronCase<T>&, Outcome<T>&);            \
  template kernels::NeuronGradients<T> place_gradients<T, T>(const NeuronCase<T>&, std::size_t, \
                                                             Arrays<T>&);                       \
  template kernels::cuda::GcRows<T> place_gc_rows(const NeuronCase<T>&, Arrays<T>&);            \
  template kernels::ParameterGradients<T> place_outputs(const NeuronCase<T>&, Outcome<T>&);     \
  template void run_on_processor(const NeuronCase<T>&, Outcome<T>&);
STAA_FOR_TYPE(float)
STAA_FOR_TYPE(double)
#undef STAA_FOR_TYPE
template kernels::NeuronGradients<kernels::Bf16> place_gradients<float, kernels::Bf16>(
    const NeuronCase<float>&, std::size_t, Arrays<float>&);
template kernels::NeuronGradients<kernels::Half> place_gradients<float, kernels::Half>(
    const NeuronCase<float>&, std::size_t, Arrays<float>&);
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::test
