// The operators as LibTorch and Python see them: torch.ops.staa.lif, adaptive_lif,
// staa_lif and spike_conv2d.
#include <torch/library.h>
#include <torch/torch.h>

#include "staa/ops/neurons.h"
#include "staa/ops/spike_convolution.h"
#include "staa/options/names.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::ops {
namespace {

using torch::Tensor;

/// LibTorch's optional: a class of its own in 1.x, the standard one later.
template <class Example, class Value>
struct Rebind;
template <template <class...> class Outer, class Inner, class Value>
struct Rebind<Outer<Inner>, Value> {
  using Type = Outer<Value>;
};
template <class Value>
using Optional =
    typename Rebind<std::decay_t<decltype(torch::nn::BatchNorm2dOptions(1).momentum())>,
                    Value>::Type;
using OptionalTensors = Optional<c10::List<Tensor>>;

template <typename Enum>
Enum by_name(const char* what, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [value, spelled] : names_of(Enum{})) {
    if (spelled == name) return value;
    names.push_back(spelled);
  }
  fail(ErrorKind::kUsage, "{}: expected {}, found \"{}\"", what, join_choices(names), name);
}

NeuronOptions make_options(double tau, double v_threshold, double v_reset,
                           const std::string& surrogate, double surrogate_width,
                           bool detach_reset) {
  NeuronOptions options;
  options.tau = tau;
  options.threshold = v_threshold;
  options.reset = v_reset;
  options.surrogate = by_name<Surrogate>("surrogate", surrogate);
  options.surrogate_width = surrogate_width;
  options.detach_reset = detach_reset;
  validate(options);
  return options;
}

/// weight, bias, running_mean, running_var, or nothing.
BatchNorm make_norm(const char* what, const OptionalTensors& given, bool training, double momentum,
                    double eps) {
  if (!given.has_value() || given->empty()) return {};
  const auto tensors = given->vec();
  if (tensors.size() != 4) {
    fail(ErrorKind::kUsage,
         "{}: expected weight, bias, running_mean and running_var, found {} "
         "tensors",
         what, tensors.size());
  }
  return {tensors[0], tensors[1], tensors[2], tensors[3], momentum, eps, training};
}

NeuronInput make_input(const Tensor& x, const Optional<Tensor>& residual,
                       const OptionalTensors& norm, const OptionalTensors& residual_norm,
                       bool training, double momentum, double eps, std::int64_t steps) {
  Current main(x, make_norm("norm", norm, training, momentum, eps));
  Current second;
  if (residual.has_value() && residual->defined()) {
    second = {*residual, make_norm("residual_norm", residual_norm, training, momentum, eps)};
  }
  return {main, second, steps};
}

GcParameters make_gc(const char* what, at::TensorList t) {
  if (t.empty()) return {};
  if (t.size() != 8) fail(ErrorKind::kUsage, "{}: expected 8 tensors, found {}", what, t.size());
  return {t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]};
}

SaParameters make_sa(at::TensorList t) {
  if (t.empty()) return {};
  if (t.size() != 4) fail(ErrorKind::kUsage, "sa: expected 4 tensors, found {}", t.size());
  return {t[0], t[1], t[2], t[3]};
}

Tensor library_lif(const Tensor& x, const Optional<Tensor>& residual, const OptionalTensors& norm,
                   const OptionalTensors& residual_norm, bool training, double momentum, double eps,
                   std::int64_t steps, double tau, double v_threshold, double v_reset,
                   std::string surrogate, double surrogate_width, bool detach_reset) {
  auto options = make_options(tau, v_threshold, v_reset, surrogate, surrogate_width, detach_reset);
  options.kind = NeuronKind::kLif;
  return lif(make_input(x, residual, norm, residual_norm, training, momentum, eps, steps), options)
      .values;
}

Tensor library_adaptive_lif(const Tensor& x, const Tensor& decay, const Tensor& gain,
                            const Optional<Tensor>& residual, const OptionalTensors& norm,
                            const OptionalTensors& residual_norm, bool training, double momentum,
                            double eps, std::int64_t steps, double tau, double v_threshold,
                            double v_reset, std::string surrogate, double surrogate_width,
                            bool detach_reset) {
  auto options = make_options(tau, v_threshold, v_reset, surrogate, surrogate_width, detach_reset);
  options.kind = NeuronKind::kAdaptiveLif;
  return adaptive_lif(make_input(x, residual, norm, residual_norm, training, momentum, eps, steps),
                      decay, gain, options)
      .values;
}

Tensor library_staa_lif(const Tensor& x, const Optional<Tensor>& pe, at::TensorList gc1,
                        at::TensorList gc2, at::TensorList sa, const c10::List<bool>& dropped,
                        const Optional<Tensor>& residual, const OptionalTensors& norm,
                        const OptionalTensors& residual_norm, bool training, double momentum,
                        double eps, std::int64_t steps, double tau, double v_threshold,
                        double v_reset, std::string surrogate, double surrogate_width,
                        bool detach_reset, std::string pe_placement, double sa_alpha,
                        std::string tsrd_fallback) {
  auto options = make_options(tau, v_threshold, v_reset, surrogate, surrogate_width, detach_reset);
  options.pe_placement = by_name<PePlacement>("pe_placement", pe_placement);
  options.sa_alpha = sa_alpha;
  options.tsrd_fallback = by_name<TsrdFallback>("tsrd_fallback", tsrd_fallback);
  StaaLifParameters parameters;
  if (pe.has_value()) parameters.pe = *pe;
  parameters.gc1 = make_gc("gc1", gc1);
  parameters.gc2 = make_gc("gc2", gc2);
  parameters.sa = make_sa(sa);
  options.pe = parameters.pe.defined();
  options.gc = parameters.gc1.defined();
  options.sa = parameters.sa.defined();
  std::vector<bool> drops;
  for (const bool drop : dropped) drops.push_back(drop);
  return staa_lif(make_input(x, residual, norm, residual_norm, training, momentum, eps, steps),
                  parameters, options, drops)
      .values;
}

/// What all three take behind their own: the rest of the input, and the neuron's numbers.
const std::string kCommon =
    "Tensor? residual=None, Tensor[]? norm=None, Tensor[]? residual_norm=None, bool "
    "training=False, "
    "float momentum=0.1, float eps=1e-05, int steps=0, float tau=2.0, float v_threshold=1.0, "
    "float v_reset=0.0, str surrogate='rectangle', float surrogate_width=1.0, "
    "bool detach_reset=False";

}  // namespace

TORCH_LIBRARY(staa, m) {
  m.def(("lif(Tensor x, *, " + kCommon + ") -> Tensor").c_str(), library_lif);
  m.def(("adaptive_lif(Tensor x, Tensor decay, Tensor gain, *, " + kCommon + ") -> Tensor").c_str(),
        library_adaptive_lif);
  m.def(("staa_lif(Tensor x, Tensor? pe, Tensor[] gc1, Tensor[] gc2, Tensor[] sa, bool[] dropped, "
         "*, " +
         kCommon +
         ", str pe_placement='spatial', float sa_alpha=2.0, str tsrd_fallback='sum') -> Tensor")
            .c_str(),
        library_staa_lif);
  m.def("spike_conv2d(Tensor x, Tensor weight, *, int stride=1, int padding=1) -> Tensor",
        spike_convolution);
}

}  // namespace staa::ops
