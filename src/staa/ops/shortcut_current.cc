#include "staa/ops/shortcut_current.h"

#include <torch/autograd.h>

#include <functional>
#include <utility>
#include <vector>

#include "staa/kernels/neuron/normalise.h"
#include "staa/ops/check_call.h"
#include "staa/ops/implementation.h"
#include "staa/ops/neuron/normalise.h"
#include "staa/ops/neuron/sequence.h"
#include "staa/ops/once_differentiable.h"
#include "staa/ops/reference/input.h"
#include "staa/util/error.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor compose_current(const Current& main, const Tensor& earlier, double share) {
  const auto x = reference::compose(NeuronInput(main));
  return earlier.defined() ? (x + earlier) * share : x;
}

template <class T>
void add_currents(const Tensor& main, const Tensor& earlier, const Normalised& norm, double joint,
                  Tensor& out) {
  const auto channels = static_cast<std::size_t>(main.size(2));
  const auto share = static_cast<T>(earlier.defined() ? joint : 1);
  const std::vector<T> of_earlier(channels, earlier.defined() ? share : T(0));
  std::vector<T> of_main(norm.scale<T>(), norm.scale<T>() + channels);
  std::vector<T> constant(norm.shift<T>(), norm.shift<T>() + channels);
  for (auto& factor : of_main) factor *= share;
  for (auto& summand : constant) summand *= share;
  const T* values = main.data_ptr<T>();
  const T* added = earlier.defined() ? earlier.data_ptr<T>() : values;
  const kernels::GradientMix<T> mix{of_earlier.data(), of_main.data(), constant.data()};
  const auto added_size =
      static_cast<std::size_t>(earlier.defined() ? earlier.numel() : main.numel());
  for_sequence_images(main, [&](std::size_t, std::size_t at, std::size_t rows) {
    kernels::mix_gradients(added + at % added_size, values + at, mix, rows, channels,
                           out.data_ptr<T>() + at);
  });
}

/// What the backward pass needs besides tensors that autograd saves.
struct NormPlan : torch::CustomClassHolder {
  BatchNorm norm;
  Normalised normalised;
  double share = 1;
  std::function<Tensor()> again;  ///< computes the values again, as images; empty: they are kept
  std::int64_t images = 0;        ///< per time step
};

template <class T>
NormaliseGradients backward_of(const Tensor& values, const Tensor& dx, const NormPlan& plan) {
  const auto images = values.size(0) * values.size(1);
  const auto channels = static_cast<std::size_t>(values.size(2));
  const Tensor sums = torch::empty({2, images, values.size(2)}, values.options());
  T* plain = sums.data_ptr<T>();
  T* centred = plain + static_cast<std::size_t>(images) * channels;
  for_sequence_images(values, [&](std::size_t image, std::size_t at, std::size_t rows) {
    kernels::gradient_sums(dx.data_ptr<T>() + at, values.data_ptr<T>() + at,
                           plan.normalised.mean<T>(), rows, channels, plain + image * channels,
                           centred + image * channels);
  });
  const NormaliseSums<T> totals{plain, centred, static_cast<std::size_t>(images)};
  return normalise_backward<T>({values, plan.normalised, plan.norm, dx}, totals);
}

/// `earlier` is empty if there is none: autograd takes no undefined tensors.
struct ShortcutCurrent : torch::autograd::Function<ShortcutCurrent> {
  static Tensor forward(AutogradContext* context, const Tensor& main, const Tensor& earlier,
                        const Tensor& weight, const Tensor& bias,
                        const c10::intrusive_ptr<NormPlan>& plan) {
    const auto values = pixels_last(main);
    plan->norm.weight = weight.detach();
    plan->norm.bias = bias.detach();
    plan->normalised = normalise(values, plan->norm);
    const bool adds = earlier.numel() > 0;
    const auto added = adds ? pixels_last(earlier) : Tensor();
    auto out = like_sequence(values, values.size(0));
    if (values.scalar_type() == torch::kDouble) {
      add_currents<double>(values, added, plan->normalised, plan->share, out);
    } else {
      add_currents<float>(values, added, plan->normalised, plan->share, out);
    }
    context->save_for_backward({plan->again ? Tensor() : values, weight});
    context->saved_data["plan"] = torch::IValue::make_capsule(plan);
    context->saved_data["added_steps"] = adds ? earlier.size(0) : 0;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto capsule = context->saved_data["plan"].toCapsule();
    const auto& plan = static_cast<const NormPlan&>(*capsule);
    const auto values = plan.again ? in_steps(plan.again(), plan.images) : saved[0];
    const auto added_steps = context->saved_data["added_steps"].toInt();
    const Tensor dy = pixels_last(gradients[0].detach());
    const Tensor dx = added_steps > 0 ? dy * plan.share : dy;
    const auto all = values.scalar_type() == torch::kDouble ? backward_of<double>(values, dx, plan)
                                                            : backward_of<float>(values, dx, plan);
    Tensor dadded;
    if (added_steps > 0) dadded = added_steps == dx.size(0) ? dx : dx.sum(0, /*keepdim=*/true);
    return once_differentiable("shortcut_current",
                               {all.values, dadded, all.weight, all.bias, Tensor()},
                               {values, saved[1], gradients[0]});
  }
};

/// Whether `earlier` has as many steps as `values`, or a single one, and the same samples.
bool is_as_long(const Tensor& earlier, const Tensor& values) {
  return earlier.dim() == 5 && earlier.sizes().slice(1) == values.sizes().slice(1) &&
         (earlier.size(0) == 1 || earlier.size(0) == values.size(0));
}

/// Whether the kernels can take the call: every tensor in the type of the arithmetic, on a CPU.
bool is_plain(const Current& main, const Tensor& earlier) {
  const auto& norm = main.norm;
  const auto type = main.values.scalar_type();
  const auto fits = [&](const Tensor& tensor) {
    return !tensor.defined() || (tensor.device().is_cpu() && tensor.scalar_type() == type);
  };
  const auto fits_as_row = [&](const Tensor& tensor) {
    return fits(tensor) && (!tensor.defined() || tensor.is_contiguous());
  };
  return !UseReference::active() && norm.defined() &&
         (type == torch::kFloat || type == torch::kDouble) && fits(main.values) && fits(earlier) &&
         fits_as_row(norm.weight) && fits_as_row(norm.bias) && fits_as_row(norm.running_mean) &&
         fits_as_row(norm.running_var) && main.values.numel() > 0;
}

}  // namespace

Tensor shortcut_current(const Current& main, const Tensor& earlier, double share) {
  check_input("shortcut_current", NeuronInput(main));
  if (earlier.defined() && !is_as_long(earlier, main.values)) {
    fail(ErrorKind::kRuntime,
         "shortcut_current: earlier: expected {}, or as much of a single step, found {}",
         c10::str(main.values.sizes()), c10::str(earlier.sizes()));
  }
  if (!is_plain(main, earlier)) return compose_current(main, earlier, share);
  auto plan = c10::make_intrusive<NormPlan>();
  plan->norm = main.norm;
  plan->share = share;
  plan->again = main.again;
  plan->images = main.values.size(1);
  const auto added = earlier.defined() ? earlier : torch::empty({0}, main.values.options());
  return ShortcutCurrent::apply(main.values, added, main.norm.weight, main.norm.bias, plan);
}

}  // namespace staa::ops
