#include "staa/kernels/cuda/neuron.h"
#include "staa/ops/cuda.h"
#include "staa/ops/neuron/backend.h"
#include "staa/ops/neuron/cuda_normalise.h"
#include "staa/ops/neuron/cuda_runtime.h"
#include "staa/ops/neuron/gradients.h"
#include "staa/ops/neuron/layer_view.h"
#include "staa/ops/neuron/rows.h"

namespace staa::ops {
namespace {

using torch::Tensor;

bool is_cuda(const Tensor& tensor) { return tensor.device().type() == cuda::kDeviceType; }

/// Decay, gain and offset of the plain update, [3, C]. Rows that the kernels do not read are not
/// set.
template <class T>
Tensor coefficients_of(const CallSettings& settings, const Tensor& x) {
  auto out = torch::empty({3, x.size(2)}, x.options()
                                              .dtype(c10::CppTypeToScalarType<T>::value)
                                              .memory_format(torch::MemoryFormat::Contiguous)
                                              .requires_grad(false));
  if (settings.adaptive()) return out;
  out[0].fill_(settings.update.decay);
  out[1].fill_(settings.update.gain);
  if (settings.update.offset != 0) out[2].fill_(settings.update.offset);
  return out;
}

/// The layer as the CUDA kernels expect it: a null offset stands for 0.
template <class T>
kernels::NeuronLayer<T> view_cuda_layer(const CallSettings& settings, const Workspace& workspace) {
  auto layer = view_layer<T>(settings, workspace);
  if (settings.update.offset == 0) layer.offset = nullptr;
  return layer;
}

template <class S>
SpikesAndMembrane run_forward(const CallSettings& settings, Workspace& workspace) {
  using T = kernels::Compute<S>;
  using Limits = kernels::cuda::NeuronLimits<T>;
  const auto& x = workspace.tensors.terms[0].values;
  workspace.coefficients = coefficients_of<T>(settings, x);
  const auto layer = view_cuda_layer<T>(settings, workspace);
  workspace.rows = allocate_rows(layer, x.device());
  const auto scratch = allocate_numbers<T>(Limits::forward_scratch(layer), 0, x.device());
  SpikesAndMembrane out;
  out.spikes = Spikes(like_sequence(x, settings.steps));
  kernels::cuda::NeuronKernels<S>::forward(
      layer, view_input<S>(settings, workspace), lay_out_rows(layer, data<T>(workspace.rows)).rows,
      data<S>(out.spikes.values), data<T>(scratch), cuda::current_stream());
  return out;
}

/// All sums of the backward pass, in one block of memory.
template <class S>
struct Sums {
  kernels::NeuronGradients<S> gradients;
  kernels::cuda::GcRows<kernels::Compute<S>> gc_rows;
};

template <class S>
Sums<S> place_all_sums(const CallSettings& settings,
                       const kernels::NeuronLayer<kernels::Compute<S>>& layer,
                       const std::array<Normalised, 2>& norms, std::size_t pieces,
                       Arena<kernels::Compute<S>>& arena) {
  Sums<S> out;
  out.gradients = place_sums<S>(settings, layer, norms, pieces, arena);
  const auto size = layer.shape.steps * layer.shape.batch * layer.gc_reduced;
  for (int i = 0; i < 2 && size > 0; ++i) {
    out.gc_rows.hidden[i] = arena.allocate(size);
    out.gc_rows.normed[i] = arena.allocate(size);
  }
  return out;
}

template <class S>
NeuronTensors run_backward(const CallSettings& settings, const Workspace& workspace,
                           const Tensor& dspikes) {
  using T = kernels::Compute<S>;
  using Kernels = kernels::cuda::NeuronKernels<S>;
  using Limits = kernels::cuda::NeuronLimits<T>;
  const auto& tensors = workspace.tensors;
  const auto layer = view_cuda_layer<T>(settings, workspace);
  const auto rows = lay_out_rows(layer, data<T>(workspace.rows)).rows;
  const auto input = view_input<S>(settings, workspace);
  const auto device = dspikes.device();
  const auto pieces = Limits::pieces(layer.shape, layer.aggregate);
  Tensor memory;
  auto sums = place_zeroed<T>(device, memory, [&](Arena<T>& arena) {
    return place_all_sums<S>(settings, layer, workspace.norms, pieces, arena);
  });
  const auto dx = allocate_input_gradient(settings, workspace, input);
  sums.gradients.x = data<S>(dx);
  const auto scratch = allocate_numbers<T>(Limits::backward_scratch(layer), 0, device);
  Kernels::backward(layer, input, rows, data<S>(dspikes), sums.gradients, sums.gc_rows,
                    data<T>(scratch), cuda::current_stream());

  NeuronTensors out;
  const auto through_norm = [&](const TermGradient& gradient) {
    const auto i = gradient.term;
    return cuda::normalise_backward<S>(
        {tensors.terms[i].values, workspace.norms[i], settings.terms[i].norm, gradient.values,
         gradient.in_place},
        {sums.gradients.shift, sums.gradients.scale[i], layer.shape.batch * pieces});
  };
  term_gradients(settings, workspace, dx, through_norm, out);
  Kernels::parameter_gradients(layer, rows, sums.gradients, sums.gc_rows,
                               place_parameters(settings, tensors, layer, out),
                               cuda::current_stream());
  return out;
}

class CudaBackend : public Backend {
 public:
  /// The kernels only fire, start at H = 0 and reset to a value. ReLU, states and soft resets
  /// therefore run as the reference composition.
  bool takes(const NeuronCall& call) const override {
    const auto& settings = call.settings;
    const auto& x = call.tensors.terms[0].values;
    const auto type = x.scalar_type();
    if (!is_cuda(x) || !(is_element(type) || type == torch::kHalf)) return false;
    if (settings.steps > static_cast<std::int64_t>(kernels::cuda::kMaxSteps)) return false;
    if (settings.has_state || settings.membranes.subtract) return false;
    if (settings.options.activation == Activation::kRelu) return false;
    return has_kernel_types(call) && (!settings.aggregate || x.size(2) <= most_channels(x));
  }

  bool reads_bits() const override { return false; }

  Normalised normalise(const Tensor& values, const BatchNorm& norm) const override {
    const cuda::Guard guard(values.device());
    return cuda::normalise(values, norm);
  }

  SpikesAndMembrane forward(const CallSettings& settings, Workspace& workspace) const override {
    const auto& x = workspace.tensors.terms[0].values;
    const cuda::Guard guard(x.device());
    return with_cuda_element(x.scalar_type(), [&](auto zero) {
      return run_forward<decltype(zero)>(settings, workspace);
    });
  }

  NeuronTensors backward(const CallSettings& settings, const Workspace& workspace,
                         const OutputGradients& gradients) const override {
    const auto& dspikes = gradients.spikes;
    const cuda::Guard guard(dspikes.device());
    return with_cuda_element(dspikes.scalar_type(), [&](auto zero) {
      return run_backward<decltype(zero)>(settings, workspace, dspikes);
    });
  }

 private:
  static std::int64_t most_channels(const Tensor& x) {
    const cuda::Guard guard(x.device());
    return static_cast<std::int64_t>(with_cuda_element(x.scalar_type(), [](auto zero) {
      return kernels::cuda::NeuronLimits<kernels::Compute<decltype(zero)>>::most_channels();
    }));
  }
};

}  // namespace

const Backend& cuda_backend() {
  static const CudaBackend backend;
  return backend;
}

namespace cuda {

bool has_kernels() { return true; }

std::string device_name(const torch::Device& device) {
  return device.type() == kDeviceType ? read_name(device) : "";
}

}  // namespace cuda
}  // namespace staa::ops
