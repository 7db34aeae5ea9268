#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "staa/kernels/neuron/parameter_gradients.h"
#include "staa/kernels/spikes.h"
#include "staa/kernels/transpose.h"
#include "staa/ops/neuron/backend.h"
#include "staa/ops/neuron/gradients.h"
#include "staa/ops/neuron/layer_view.h"
#include "staa/ops/neuron/rows.h"

namespace staa::ops {
namespace {

using torch::Tensor;

template <class F>
void for_samples(std::int64_t batch, const F& f) {
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    f(kernels::SampleRange{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)});
  });
}

/// Decay, gain and offset of the plain update, [3, C].
template <class T>
Tensor coefficients_of(const CallSettings& settings, const Tensor& x) {
  const auto channels = x.size(2);
  auto out =
      torch::empty({3, channels}, torch::TensorOptions().dtype(c10::CppTypeToScalarType<T>::value));
  const auto& update = settings.update;
  const double values[3] = {update.decay, update.gain, update.offset};
  T* row = data<T>(out);
  for (const double value : values) row = std::fill_n(row, channels, static_cast<T>(value));
  return out;
}

/// Adds to a layer the column-wise matrices that the forward pass reads. Returns their memory.
template <class T>
std::vector<T> transpose_matrices(kernels::NeuronLayer<T>& layer) {
  const auto channels = layer.shape.channels;
  std::vector<T> memory(channels * (4 * layer.gc_reduced + 2 * layer.sa_reduced));
  Arena<T> arena(memory.data());
  const auto transposed = [&](const T* matrix, std::size_t rows, std::size_t columns) -> const T* {
    if (matrix == nullptr) return nullptr;
    T* out = arena.allocate(rows * columns);
    kernels::transpose(matrix, rows, columns, out);
    return out;
  };
  for (auto& gc : layer.gc) {
    gc.query_columns = transposed(gc.query, layer.gc_reduced, channels);
    gc.value_columns = transposed(gc.value, channels, layer.gc_reduced);
  }
  layer.sa.reduce_columns = transposed(layer.sa.reduce, layer.sa_reduced, channels);
  layer.sa.expand_columns = transposed(layer.sa.expand, channels, layer.sa_reduced);
  return memory;
}

/// Memory for a membrane of the layer that x drives, [B, H, W, C].
template <class T>
Tensor empty_membrane(const Tensor& x) {
  return torch::empty(x.sizes().slice(1), x.options()
                                              .dtype(c10::CppTypeToScalarType<T>::value)
                                              .memory_format(torch::MemoryFormat::ChannelsLast));
}

/// Memory for the spikes of the layer that x drives. With ReLU there are no bits.
Spikes empty_spikes(const CallSettings& settings, const Tensor& x) {
  Spikes spikes(like_sequence(x, settings.steps));
  if (settings.options.activation == Activation::kSpike) {
    const auto slab = static_cast<std::size_t>(x.size(2) * x.size(3) * x.size(4));
    spikes.bits = torch::empty(
        {settings.steps, x.size(1), static_cast<std::int64_t>(kernels::spike_words(slab))},
        torch::kLong);
  }
  return spikes;
}

template <class S>
SpikesAndMembrane run_forward(const CallSettings& settings, Workspace& workspace) {
  using T = kernels::Compute<S>;
  const auto& x = workspace.tensors.terms[0].values;
  workspace.coefficients = coefficients_of<T>(settings, x);
  auto layer = view_layer<T>(settings, workspace);
  const auto matrices = transpose_matrices(layer);
  SpikesAndMembrane out;
  out.spikes = empty_spikes(settings, x);
  if (settings.has_state) {
    out.membrane = empty_membrane<T>(x);
    layer.state.last = data<T>(out.membrane);
  }
  workspace.rows = allocate_rows(layer, torch::kCPU);
  const auto rows = lay_out_rows(layer, data<T>(workspace.rows)).rows;
  const auto input = view_input<S>(settings, workspace);
  const kernels::SpikeOutput<S> spikes{data<S>(out.spikes.values), words(out.spikes.bits)};
  for_samples(x.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_forward(layer, input, rows, spikes, samples);
  });
  return out;
}

/// Sums on LibTorch's threads instead of calling a BLAS, whose own threads would have to wait for
/// the cores that those occupy.
template <class T, class S>
void sum_parameters(const kernels::NeuronLayer<T>& layer, const kernels::AggregatorRows<T>& rows,
                    const kernels::NeuronGradients<S>& gradients,
                    const kernels::ParameterGradients<T>& out) {
  constexpr std::size_t kWorthAThread = 1 << 18;
  const auto threads = static_cast<std::size_t>(at::get_num_threads());
  const auto shares =
      std::clamp<std::size_t>(kernels::parameter_gradients_cost(layer) / kWorthAThread, 1, threads);
  at::parallel_for(0, static_cast<std::int64_t>(shares), 1,
                   [&](std::int64_t from, std::int64_t to) {
                     for (auto share = from; share < to; ++share) {
                       kernels::parameter_gradients(layer, rows, gradients, out,
                                                    {static_cast<std::size_t>(share), shares});
                     }
                   });
}

template <class S>
NeuronTensors run_backward(const CallSettings& settings, const Workspace& workspace,
                           const OutputGradients& outputs) {
  using T = kernels::Compute<S>;
  const auto& tensors = workspace.tensors;
  const auto layer = view_layer<T>(settings, workspace);
  const auto rows = lay_out_rows(layer, data<T>(workspace.rows)).rows;
  const auto input = view_input<S>(settings, workspace);
  Tensor memory;
  auto sums = place_zeroed<T>(torch::kCPU, memory, [&](Arena<T>& arena) {
    return place_sums<S>(settings, layer, workspace.norms, /*pieces=*/1, arena);
  });
  const auto dx = allocate_input_gradient(settings, workspace, input);
  sums.x = data<S>(dx);
  NeuronTensors out;
  if (settings.has_state) {
    sums.last = data<T>(outputs.membrane);
    if (tensors.membrane.defined()) {
      out.membrane = torch::empty_like(tensors.membrane);
      sums.initial = data<T>(out.membrane);
    }
  }
  for_samples(dx.size(1), [&](kernels::SampleRange samples) {
    kernels::neuron_backward(layer, input, rows, data<S>(outputs.spikes), sums, samples);
  });

  const auto through_norm = [&](const TermGradient& gradient) {
    const auto i = gradient.term;
    return normalise_backward<S>({tensors.terms[i].values, workspace.norms[i],
                                  settings.terms[i].norm, gradient.values, gradient.in_place},
                                 {sums.shift, sums.scale[i], layer.shape.batch});
  };
  term_gradients(settings, workspace, dx, through_norm, out);
  sum_parameters(layer, rows, sums, place_parameters(settings, tensors, layer, out));
  return out;
}

class CpuBackend : public Backend {
 public:
  bool takes(const NeuronCall& call) const override {
    const auto& x = call.tensors.terms[0].values;
    return x.is_cpu() && is_element(x.scalar_type()) && has_kernel_types(call);
  }

  bool reads_bits() const override { return true; }

  Normalised normalise(const Tensor& values, const BatchNorm& norm) const override {
    return ops::normalise(values, norm);
  }

  SpikesAndMembrane forward(const CallSettings& settings, Workspace& workspace) const override {
    return with_element(workspace.tensors.terms[0].values.scalar_type(), [&](auto zero) {
      return run_forward<decltype(zero)>(settings, workspace);
    });
  }

  NeuronTensors backward(const CallSettings& settings, const Workspace& workspace,
                         const OutputGradients& gradients) const override {
    return with_element(gradients.spikes.scalar_type(), [&](auto zero) {
      return run_backward<decltype(zero)>(settings, workspace, gradients);
    });
  }
};

}  // namespace

const Backend& cpu_backend() {
  static const CpuBackend backend;
  return backend;
}

}  // namespace staa::ops
