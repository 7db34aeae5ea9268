#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "staa/kernels/cuda/aggregator_backward-inl.h"
#include "staa/kernels/cuda/aggregator_forward-inl.h"
#include "staa/kernels/cuda/normalise-inl.h"
#include "staa/kernels/cuda/plain-inl.h"
#include "staa/kernels/cuda/sums-inl.h"
#include "staa/kernels/neuron/parameter_gradients.h"

/// Turns calls into launches. A Launcher has
///
///   const Device& device()
///   void launch(const char* name, const Kernel& kernel, const GridSize& size)
///
/// and launches on the GPU (device.cuh) or, in the tests, on the processor.
namespace staa::kernels::cuda {

/// Whether K elements of all sequences can be moved at once. Null pointers are ignored.
template <int K, class S>
bool fits_packs(const NeuronShape& shape, std::initializer_list<const S*> sequences) {
  if (shape.channels % K != 0) return false;
  for (const S* sequence : sequences) {
    if (reinterpret_cast<std::uintptr_t>(sequence) % (K * sizeof(S)) != 0) return false;
  }
  return true;
}

/// Calls f with the number of channels per thread as an integral_constant: K if the sequences allow
/// it, otherwise 1.
template <int K, class S, class F>
void with_pack(const NeuronShape& shape, std::initializer_list<const S*> sequences, const F& f) {
  if (fits_packs<K>(shape, sequences)) {
    f(std::integral_constant<int, K>());
  } else {
    f(std::integral_constant<int, 1>());
  }
}

/// The number of channels per thread in the aggregator: their numbers fill 16 bytes.
template <class S>
constexpr int kAggregatorPack = 16 / sizeof(Compute<S>);

/// The largest number of channels for which both passes of the aggregator fit into a block's shared
/// memory, even if GC and SA do not reduce them.
template <class T>
std::size_t most_channels_of(const Device& device) {
  constexpr int kPack = kAggregatorPack<T>;
  const auto size = [&](std::size_t channels) {
    NeuronLayer<T> layer;
    layer.shape.channels = layer.gc_reduced = channels;
    layer.sa_reduced = std::max<std::size_t>(channels, 4);  // SA works on at least 4 channels
    return std::max(AggregatorForward<T, kPack>::shared_size(layer, device.threads),
                    AggregatorBackward<T, kPack>::shared_size(layer, device.threads));
  };
  const auto numbers = device.shared / sizeof(T);
  const auto fixed = size(0);
  const auto a_channel = size(5) - size(4);
  return numbers < fixed ? 0 : (numbers - fixed) / a_channel;
}

/// The number of blocks that share a sample: more if there are few samples with many pixels each.
inline unsigned group_of(const NeuronShape& shape, const Device& device) {
  constexpr unsigned kMost = 8;  // every GPU with groups supports it
  constexpr std::size_t kBlocks = 264;
  unsigned group = 1;
  while (device.groups && group < kMost && shape.batch * group * 2 <= kBlocks &&
         shape.pixels / (group * 2) >= device.group_pixels) {
    group *= 2;
  }
  return group;
}

inline std::size_t pieces_of(const NeuronShape& shape, bool aggregate, const Device& device) {
  return aggregate ? group_of(shape, device) : PlainGrid::pieces_of(shape);
}

/// The size of the scratch memory of the aggregator's pass Kernel, in numbers T.
template <template <class, int> class Kernel, class T>
std::size_t scratch_of(const NeuronLayer<T>& layer, const Device& device) {
  if (!layer.aggregate) return 0;
  using Any = Kernel<T, 1>;
  const auto& shape = layer.shape;
  const auto rows = shape.batch * group_of(shape, device);
  return shape.batch * shape.pixels * (Any::kSlabs * shape.channels + 2) +
         2 * rows * Any::kPooled * shape.channels;
}

/// Sets up the grid and the scratch memory of an aggregator's pass, and launches it.
template <class Launcher, class Kernel, class T>
void launch_aggregator(Launcher& launcher, const char* name, int pack, T* scratch, Kernel& kernel) {
  const auto& device = launcher.device();
  const auto& shape = kernel.layer.shape;
  auto& grid = kernel.grid;
  grid.threads = device.threads;
  grid.tiling = Tiling(shape.channels / static_cast<std::size_t>(pack), grid.threads);
  grid.group = group_of(shape, device);
  kernel.plain = plain_steps(kernel.layer);
  kernel.slabs = scratch;
  kernel.partials = scratch + Kernel::kSlabs * shape.batch * shape.pixels * shape.channels;
  const auto needed = Kernel::shared_size(kernel.layer, grid.threads) * sizeof(T);
  const auto slabs =
      Kernel::kSlabs * part_pixels(shape.pixels, grid.group) * shape.channels * sizeof(T);
  grid.shared_slabs = needed + slabs <= device.shared;
  launcher.launch(name, kernel,
                  {shape.batch * grid.group, grid.threads, grid.group,
                   grid.shared_slabs ? needed + slabs : needed});
}

template <class Launcher, class S>
void launch_forward(Launcher& launcher, const NeuronLayer<Compute<S>>& layer,
                    const NeuronInput<S>& input, const AggregatorRows<Compute<S>>& rows, S* spikes,
                    Compute<S>* scratch) {
  const auto& shape = layer.shape;
  const std::initializer_list<const S*> sequences = {input.terms[0].values, input.terms[1].values,
                                                     spikes};
  if (layer.aggregate) {
    with_pack<kAggregatorPack<S>>(shape, sequences, [&](auto pack) {
      AggregatorForward<S, pack()> kernel{layer, input, rows, spikes, {}, {}, nullptr, nullptr};
      launch_aggregator(launcher, "aggregator_forward", pack(), scratch, kernel);
    });
    return;
  }
  constexpr int kPack = 16 / sizeof(S);
  with_pack<kPack>(shape, sequences, [&](auto pack) {
    const PlainForward<S, pack()> kernel{layer, input, spikes, PlainGrid(shape, pack())};
    launcher.launch("plain_forward", kernel,
                    {kernel.grid.blocks(shape), PlainGrid::kThreads, 1, 0});
  });
}

template <int K, int kSteps, bool kLong, class Launcher, class S>
void plain_backward(Launcher& launcher, const NeuronLayer<Compute<S>>& layer,
                    const NeuronInput<S>& input, const S* spike_gradients,
                    const NeuronGradients<S>& gradients) {
  const PlainBackward<S, K, kSteps, kLong> kernel{layer, input, spike_gradients, gradients,
                                                  PlainGrid(layer.shape, K)};
  launcher.launch("plain_backward", kernel,
                  {kernel.grid.blocks(layer.shape), PlainGrid::kThreads, 1,
                   std::size_t{PlainGrid::kThreads} * K * sizeof(Compute<S>)});
}

template <class Launcher, class S>
void launch_backward(Launcher& launcher, const NeuronLayer<Compute<S>>& layer,
                     const NeuronInput<S>& input, const AggregatorRows<Compute<S>>& rows,
                     const S* spike_gradients, const NeuronGradients<S>& gradients,
                     const GcRows<Compute<S>>& gc_rows, Compute<S>* scratch) {
  const auto& shape = layer.shape;
  const std::initializer_list<const S*> sequences = {input.terms[0].values, input.terms[1].values,
                                                     spike_gradients, gradients.x};
  constexpr int kWide = kAggregatorPack<S>;
  if (layer.aggregate) {
    with_pack<kWide>(shape, sequences, [&](auto pack) {
      AggregatorBackward<S, pack()> kernel{layer,     input,   rows,   spike_gradients,
                                           gradients, gc_rows, {},     {},
                                           nullptr,   nullptr, nullptr};
      const auto rows_of_sums = 2 * shape.batch * group_of(shape, launcher.device());
      kernel.logits = scratch + kernel.kSlabs * shape.batch * shape.pixels * shape.channels +
                      rows_of_sums * kernel.kPooled * shape.channels;
      launch_aggregator(launcher, "aggregator_backward", pack(), scratch, kernel);
    });
    return;
  }
  // One membrane per time step and channel is kept in registers, so there are fewer channels if
  // there are more steps.
  if (!fits_packs<kWide>(shape, sequences)) {
    plain_backward<1, 8, true>(launcher, layer, input, spike_gradients, gradients);
  } else if (shape.steps <= 4) {
    plain_backward<kWide, 4, false>(launcher, layer, input, spike_gradients, gradients);
  } else if (shape.steps <= 8) {
    plain_backward<kWide, 8, false>(launcher, layer, input, spike_gradients, gradients);
  } else {
    plain_backward<kWide / 2, 16, true>(launcher, layer, input, spike_gradients, gradients);
  }
}

template <class Launcher, class T>
void run_sums(Launcher& launcher, const SumJobs<T>& jobs) {
  if (jobs.count == 0) return;
  launcher.launch("sums", Sums<T>{jobs},
                  {jobs.blocks, Sums<T>::kThreads, 1, Sums<T>::kThreads * sizeof(T)});
}

template <class Launcher, class S>
void gradients_of_parameters(Launcher& launcher, const NeuronLayer<Compute<S>>& layer,
                             const AggregatorRows<Compute<S>>& rows, const NeuronGradients<S>& from,
                             const GcRows<Compute<S>>& gc_rows,
                             const ParameterGradients<Compute<S>>& out) {
  using T = Compute<S>;
  const auto& shape = layer.shape;
  const auto n = shape.steps * shape.batch;
  const auto channels = shape.channels;
  const auto parts = shape.batch * pieces_of(shape, layer.aggregate, launcher.device());
  SumJobs<T> jobs;
  const auto product = [&](const T* a, std::size_t p, const T* b, std::size_t q, T* to,
                           T factor = 1) {
    jobs.add({a, b, to, n, p, q, 1, factor});
  };
  const auto sum = [&](const T* a, std::size_t count, std::size_t p, T* to,
                       std::size_t batches = 1) {
    jobs.add({a, nullptr, to, count, p, 1, batches});
  };
  const auto r = layer.gc_reduced;
  for (int i = 0; i < 2 && r > 0; ++i) {
    const auto& gc = out.gc[i];
    product(from.query[i], r, rows.context[i], channels, gc.query);
    product(from.offset, channels, gc_rows.hidden[i], r, gc.value);
    sum(from.key[i], parts, channels, gc.key);
    sum(from.key_bias[i], parts, 1, gc.key_bias);
    sum(from.query[i], n, r, gc.query_bias);
    sum(from.norm[i], n, r, gc.norm_bias);
    sum(gc_rows.normed[i], n, r, gc.norm);
    sum(from.offset, n, channels, gc.value_bias);
  }
  const auto s = layer.sa_reduced;
  if (s > 0) {
    product(from.hidden, s, rows.mean, channels, out.sa.reduce, layer.sa_alpha);
    product(from.expand, channels, rows.hidden, s, out.sa.expand);
    sum(from.hidden, n, s, out.sa.reduce_bias);
    sum(from.expand, n, channels, out.sa.expand_bias);
  }
  sum(from.pe_x, parts, channels, out.pe_x, shape.steps);
  sum(from.pe_h, parts, channels, out.pe_h, shape.steps);
  sum(from.offset, shape.batch, channels, out.pe_u, shape.steps);
  sum(from.decay, parts, channels, out.decay);
  sum(from.gain, parts, channels, out.gain);
  run_sums(launcher, jobs);
}

template <class Launcher, class T>
void sums_of_rows(Launcher& launcher, const T* const (&tables)[2], std::size_t rows,
                  std::size_t channels, T* const (&out)[2]) {
  SumJobs<T> jobs;
  for (int i = 0; i < 2; ++i) {
    if (tables[i] != nullptr) jobs.add({tables[i], nullptr, out[i], rows, channels});
  }
  run_sums(launcher, jobs);
}

/// Launches a kernel with one thread per channel.
template <class Launcher, class Kernel>
void for_channels(Launcher& launcher, const char* name, const Kernel& kernel) {
  launcher.launch(
      name, kernel,
      {divide_up(kernel.channels, std::size_t{Kernel::kThreads}), Kernel::kThreads, 1, 0});
}

template <class Launcher, class T>
void factors_of_norm(Launcher& launcher, const NormInput<T>& input, std::size_t channels,
                     T* factors) {
  for_channels(launcher, "norm_factors", NormFactors<T>{input, channels, factors});
}

template <class Launcher, class T>
void mix_of_norm(Launcher& launcher, const NormSums<T>& sums, std::size_t channels, T* mix) {
  for_channels(launcher, "norm_gradient_mix", NormGradientMix<T>{sums, channels, mix});
}

template <class Launcher, class S>
void launch_mix(Launcher& launcher, const S* dx, const S* y, const GradientMix<Compute<S>>& factors,
                std::size_t rows, std::size_t channels, S* out) {
  NeuronShape shape;
  shape.channels = channels;
  with_pack<16 / sizeof(S)>(shape, {dx, y, static_cast<const S*>(out)}, [&](auto pack) {
    using Kernel = Mix<S, pack()>;
    const Kernel kernel{dx,
                        y,
                        factors.of_gradient,
                        factors.of_value,
                        factors.constant,
                        rows,
                        channels,
                        out,
                        Tiling(channels / pack(), Kernel::kThreads)};
    launcher.launch("mix", kernel, {kernel.blocks(), Kernel::kThreads, 1, 0});
  });
}

}  // namespace staa::kernels::cuda
