#include "staa/kernels/neuron/neuron.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "staa/kernels/neuron/neuron_forward.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>

#include "staa/kernels/neuron/steps-inl.h"

HWY_BEFORE_NAMESPACE();
namespace staa::kernels::HWY_NAMESPACE {

/// Returns H before the first time step, [size, HW, C]. It is in the memory of the layer's last
/// membrane if that is wanted, otherwise in `memory`.
template <class T>
T* start(const NeuronLayer<T>& layer, Group group, Buffer<T>& memory) {
  const auto slab = layer.shape.pixels * layer.shape.channels;
  const auto& state = layer.state;
  if (state.initial == nullptr && state.last == nullptr) return memory.zeroed(group.size * slab);
  T* h = state.last == nullptr ? memory.need(group.size * slab) : state.last + group.first * slab;
  if (state.initial == nullptr) {
    std::fill_n(h, group.size * slab, T(0));
    return h;
  }
  std::copy_n(state.initial + group.first * slab, group.size * slab, h);
  for (std::size_t g = 0; g < group.size; ++g) {
    reset_all(layer, reset_of_initial(layer), h + g * slab);
  }
  return h;
}

template <class T, class S>
void forward_group(const NeuronLayer<T>& layer, const NeuronInput<S>& input,
                   const AggregatorRows<T>& rows, const SpikeOutput<S>& spikes, Group group) {
  const auto& shape = layer.shape;
  const auto slab = shape.pixels * shape.channels;
  static thread_local Buffer<T> carried;
  T* h = start(layer, group, carried);
  std::vector<T> update(2 * shape.channels);
  const auto words = spike_words(slab);
  const bool stream = shape.steps * shape.batch * slab * sizeof(S) > cache_bytes();
  Inputs<S> x(layer, input, group, /*kept=*/false);
  for (std::size_t t = 0; t < shape.steps; ++t) {
    const Place place(shape, t, group.first);
    x.prepare(t);
    if (aggregates(layer, t)) aggregate(layer, rows, group, t, x(t, 0), x.affine(), h);
    for (std::size_t g = 0; g < group.size; ++g) {
      const SlabSpikes<S> out{
          spikes.values + place.slab + g * slab,
          spikes.bits == nullptr ? nullptr : spikes.bits + (place.row + g) * words, stream,
          reset_behind(layer, t)};
      fire(layer, update_of(layer, rows, t, place.row + g, x.affine(), update.data()), x(t, g),
           h + g * slab, out);
    }
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                              \
  void forward_##name(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,    \
                      const AggregatorRows<Compute<S>>& rows, const SpikeOutput<S>& spikes, \
                      SampleRange samples) {                                                \
    for_groups(layer, 4, samples,                                                           \
               [&](Group group) { forward_group(layer, input, rows, spikes, group); });     \
    hwy::FlushStream();                                                                     \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace staa::kernels {

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define STAA_FOR_TYPE(S, name)                                                              \
  HWY_EXPORT(forward_##name);                                                               \
  void neuron_forward(const NeuronLayer<Compute<S>>& layer, const NeuronInput<S>& input,    \
                      const AggregatorRows<Compute<S>>& rows, const SpikeOutput<S>& spikes, \
                      SampleRange samples) {                                                \
    HWY_DYNAMIC_DISPATCH(forward_##name)(layer, input, rows, spikes, samples);              \
  }
STAA_FOR_TYPE(float, f32)
STAA_FOR_TYPE(double, f64)
STAA_FOR_TYPE(Bf16, bf16)
#undef STAA_FOR_TYPE
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace staa::kernels
#endif
