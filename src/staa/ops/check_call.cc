#include "staa/ops/check_call.h"

#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <utility>

#include "staa/kernels/spikes.h"
#include "staa/ops/elements.h"
#include "staa/util/error.h"

namespace staa::ops {
namespace {

using torch::Tensor;
using Sizes = std::vector<std::int64_t>;

/// One call of an operator. Its member functions refuse arguments with errors that name the
/// operator.
struct Call {
  const char* op;

  [[noreturn]] void refuse(const std::string& name, const std::string& expected,
                           const std::string& found) const {
    fail(ErrorKind::kRuntime, "{}: {}: expected {}, found {}", op, name, expected, found);
  }

  void number(const std::string& name, double value) const {
    if (!std::isfinite(value) || value < 0) {
      refuse(name, "a finite number of at least 0", fmt::format("{}", value));
    }
  }

  /// Requires a dense tensor.
  void given(const std::string& name, const Tensor& tensor) const {
    if (!tensor.defined()) refuse(name, "a tensor", "none");
    if (tensor.layout() != torch::kStrided) {
      refuse(name, "a dense tensor", c10::str("one of layout ", tensor.layout()));
    }
  }

  void floating(const std::string& name, const Tensor& tensor) const {
    given(name, tensor);
    if (!torch::isFloatingType(tensor.scalar_type())) {
      refuse(name, "floating point", c10::toString(tensor.scalar_type()));
    }
  }

  void same_device(const std::string& name, const Tensor& tensor, const Tensor& x) const {
    if (tensor.device() != x.device()) {
      refuse(name, "a tensor on " + x.device().str() + " as x", "one on " + tensor.device().str());
    }
  }

  /// Requires a parameter of a layer that reads x, with the given sizes.
  void parameter(const std::string& name, const Tensor& tensor, const Sizes& expected,
                 const Tensor& x) const {
    floating(name, tensor);
    same_device(name, tensor, x);
    if (tensor.sizes() != at::IntArrayRef(expected)) refuse(name, text(expected), found(tensor));
  }

  /// Requires the weight of a 1x1 convolution, [out, in, 1, 1] or [out, in].
  void matrix(const std::string& name, const Tensor& tensor, std::int64_t out, std::int64_t in,
              const Tensor& x) const {
    floating(name, tensor);
    if (tensor.dim() == 2) return parameter(name, tensor, {out, in}, x);
    parameter(name, tensor, {out, in, 1, 1}, x);
  }

  static std::string text(const Sizes& sizes) { return fmt::format("{}", sizes); }
  static std::string found(const Tensor& tensor) { return text(tensor.sizes().vec()); }
};

std::int64_t channels_of(const Tensor& x) { return x.size(2); }

void check_norm(const Call& call, const std::string& name, const BatchNorm& norm, const Tensor& x) {
  const std::pair<const char*, const Tensor*> tensors[] = {{"weight", &norm.weight},
                                                           {"bias", &norm.bias},
                                                           {"running_mean", &norm.running_mean},
                                                           {"running_var", &norm.running_var}};
  bool any = false;
  for (const auto& [part, tensor] : tensors) any = any || tensor->defined();
  if (!any) return;
  // In training both running statistics may be missing; no other tensor may.
  const bool batch_alone =
      norm.training && !norm.running_mean.defined() && !norm.running_var.defined();
  for (const auto& [part, tensor] : tensors) {
    const bool running = tensor == &norm.running_mean || tensor == &norm.running_var;
    if (running && batch_alone) continue;
    call.parameter(name + "." + part, *tensor, {channels_of(x)}, x);
  }
  call.number(name + ".momentum", norm.momentum);
  call.number(name + ".eps", norm.eps);
  // If processes share a batch, the part of one of them may be empty.
  if (norm.training && x.numel() == 0 && !norm.sum) {
    call.refuse(name, "at least one image in training, whose statistics it takes",
                "a batch of none");
  }
}

/// Requires one bit per value: the extents `leading`, then the words of a slab of `slab` values.
void check_bits(const Call& call, const std::string& name, const Tensor& bits, Sizes leading,
                std::int64_t slab) {
  if (!bits.defined()) return;
  leading.push_back(
      static_cast<std::int64_t>(kernels::spike_words(static_cast<std::size_t>(slab))));
  call.given(name, bits);
  if (bits.scalar_type() != torch::kLong || !bits.is_cpu() || !bits.is_contiguous() ||
      bits.sizes() != at::IntArrayRef(leading)) {
    call.refuse(name, "contiguous 64-bit integers " + Call::text(leading) + " on the processor",
                c10::str(bits.scalar_type(), " ", Call::found(bits), " on ", bits.device()));
  }
}

/// The number of reduced channels R, which is the size of the bias [R].
std::int64_t reduced(const Call& call, const std::string& name, const Tensor& bias) {
  call.floating(name, bias);
  if (bias.dim() != 1 || bias.size(0) < 1) {
    call.refuse(name, "[R] with R of at least 1", Call::found(bias));
  }
  return bias.size(0);
}

void check_context(const Call& call, const std::string& name, const GcParameters& gc,
                   const Tensor& x) {
  if (!gc.defined()) {
    for (const auto& tensor : gc.list()) {
      if (tensor.defined()) call.refuse(name + ".key.weight", "a tensor", "none");
    }
    return;
  }
  const auto c = channels_of(x);
  const auto r = reduced(call, name + ".query.bias", gc.query_bias);
  call.matrix(name + ".key.weight", gc.key_weight, 1, c, x);
  call.parameter(name + ".key.bias", gc.key_bias, {1}, x);
  call.matrix(name + ".query.weight", gc.query_weight, r, c, x);
  call.parameter(name + ".query.bias", gc.query_bias, {r}, x);
  call.parameter(name + ".norm.weight", gc.norm_weight, {r}, x);
  call.parameter(name + ".norm.bias", gc.norm_bias, {r}, x);
  call.matrix(name + ".value.weight", gc.value_weight, c, r, x);
  call.parameter(name + ".value.bias", gc.value_bias, {c}, x);
}

void check_step_attention(const Call& call, const SaParameters& sa, const Tensor& x) {
  if (!sa.defined()) {
    for (const auto& tensor : sa.list()) {
      if (tensor.defined()) call.refuse("sa.reduce.weight", "a tensor", "none");
    }
    return;
  }
  const auto c = channels_of(x);
  const auto r = reduced(call, "sa.reduce.bias", sa.reduce_bias);
  call.matrix("sa.reduce.weight", sa.reduce_weight, r, c, x);
  call.parameter("sa.reduce.bias", sa.reduce_bias, {r}, x);
  call.matrix("sa.expand.weight", sa.expand_weight, c, r, x);
  call.parameter("sa.expand.bias", sa.expand_bias, {c}, x);
}

}  // namespace

void check_input(const char* op, const NeuronInput& input) {
  const Call call{op};
  const auto& x = input.main.values;
  call.floating("x", x);
  if (x.dim() != 5 || x.size(0) < 1 || x.size(2) < 1 || x.size(3) < 1 || x.size(4) < 1) {
    call.refuse("x", "[T, B, C, H, W]", Call::found(x));
  }
  const auto& residual = input.residual.values;
  if (residual.defined()) {
    call.floating("residual", residual);
    call.same_device("residual", residual, x);
    if (residual.dim() != 5 || residual.size(0) < 1) {
      call.refuse("residual", "[T, B, C, H, W]", Call::found(residual));
    }
  }
  if (input.given < 0) {
    call.refuse("steps", "at least 1, or 0 for those of x", fmt::format("{}", input.given));
  }
  const auto steps = input.steps();
  const auto one_or_all = [&](const char* name, const Tensor& values, const Sizes& slab) {
    if (values.sizes().slice(1) == at::IntArrayRef(slab) &&
        (values.size(0) == 1 || values.size(0) == steps)) {
      return;
    }
    const auto first = steps == 1 ? std::string("1") : fmt::format("1 or {}", steps);
    call.refuse(name, fmt::format("[{}, {}]", first, fmt::join(slab, ", ")), Call::found(values));
  };
  const auto slab = x.sizes().slice(1).vec();
  one_or_all("x", x, slab);
  if (residual.defined()) one_or_all("residual", residual, slab);
  check_norm(call, "norm", input.main.norm, x);
  check_norm(call, "residual_norm", input.residual.norm, x);
  if (!residual.defined()) {
    const auto& norm = input.residual.norm;
    if (norm.weight.defined() || norm.running_mean.defined() || norm.running_var.defined()) {
      call.refuse("residual", "a tensor for residual_norm", "none");
    }
    return;
  }
  check_bits(call, "residual's bits", input.residual.bits, {residual.size(0), residual.size(1)},
             residual.size(2) * residual.size(3) * residual.size(4));
}

void check_per_channel(const char* op, const char* name, const Tensor& tensor, const Tensor& x) {
  Call{op}.parameter(name, tensor, {channels_of(x)}, x);
}

void check_membrane(const char* op, const Tensor& membrane, const Tensor& x) {
  if (!membrane.defined()) return;
  const Call call{op};
  call.parameter("membrane", membrane, x.sizes().slice(1).vec(), x);
  if (const auto type = compute_type(x.scalar_type()); membrane.scalar_type() != type) {
    call.refuse("membrane", c10::toString(type), c10::toString(membrane.scalar_type()));
  }
}

void check_spiking(const char* op, const NeuronOptions& options, const MembraneOptions& membranes) {
  const Call call{op};
  if (options.activation != Activation::kSpike) {
    call.refuse("activation", "spike", "relu, with which nothing is carried");
  }
  if (membranes.subtract && !std::isfinite(*membranes.subtract)) {
    call.refuse("subtract", "a finite number", fmt::format("{}", *membranes.subtract));
  }
}

void check_aggregator(const char* op, const NeuronInput& input, const StaaLifParameters& parameters,
                      PePlacement placement, const std::vector<bool>& dropped) {
  const Call call{op};
  const auto& x = input.main.values;
  const auto steps = input.steps();
  if (const auto& pe = parameters.pe; pe.defined()) {
    call.floating("pe", pe);
    call.same_device("pe", pe, x);
    const bool both = placement == PePlacement::kBoth;
    const bool fits = pe.dim() == (both ? 3 : 2) && (!both || pe.size(0) == 2) &&
                      pe.size(-2) >= steps && pe.size(-1) == channels_of(x);
    if (!fits) {
      call.refuse("pe",
                  fmt::format("[{}P, {}] with P of at least {} time steps", both ? "2, " : "",
                              channels_of(x), steps),
                  Call::found(pe));
    }
  }
  check_context(call, "gc1", parameters.gc1, x);
  check_context(call, "gc2", parameters.gc2, x);
  check_step_attention(call, parameters.sa, x);
  if (!dropped.empty() && dropped.size() != static_cast<std::size_t>(steps)) {
    call.refuse("dropped", fmt::format("none or {} values, one per time step", steps),
                fmt::format("{}", dropped.size()));
  }
}

void check_convolution(const Tensor& x, const Tensor& weight, std::int64_t stride,
                       std::int64_t padding, const Tensor& bits) {
  const Call call{"spike_conv2d"};
  call.floating("x", x);
  if (x.dim() != 4 || x.size(1) < 1) call.refuse("x", "[N, C, H, W]", Call::found(x));
  call.floating("weight", weight);
  call.same_device("weight", weight, x);
  if (weight.dim() != 4 || weight.size(0) < 1 || weight.size(1) != x.size(1) ||
      weight.size(2) < 1 || weight.size(3) < 1) {
    call.refuse("weight", fmt::format("[O, {}, kH, kW]", x.size(1)), Call::found(weight));
  }
  if (stride < 1) call.refuse("stride", "at least 1", fmt::format("{}", stride));
  constexpr std::int64_t kWidest = 4096;  // far below where sums of extents overflow
  if (padding < 0 || padding > kWidest) {
    call.refuse("padding", fmt::format("from 0 to {}", kWidest), fmt::format("{}", padding));
  }
  if (x.size(2) + 2 * padding < weight.size(2) || x.size(3) + 2 * padding < weight.size(3)) {
    call.refuse("x",
                fmt::format("maps of at least the kernel's {}x{} with padding {}", weight.size(2),
                            weight.size(3), padding),
                fmt::format("{}x{}", x.size(2), x.size(3)));
  }
  check_bits(call, "bits", bits, {x.size(0)}, x.size(1) * x.size(2) * x.size(3));
}

}  // namespace staa::ops
