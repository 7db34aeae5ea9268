// Registers the operators with LibTorch and Python: torch.ops.staa.lif, adaptive_lif,
// lif_with_state, staa_lif and spike_conv2d.
#include <ATen/autocast_mode.h>
#include <ATen/core/stack.h>
#include <fmt/format.h>
#include <torch/library.h>
#include <torch/types.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "staa/ops/arguments.h"
#include "staa/ops/neurons.h"
#include "staa/ops/spike_convolution.h"
#include "staa/ops/traced.h"
#include "staa/options/names.h"
#include "staa/options/network_table.h"
#include "staa/options/neuron_table.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::ops {
namespace {

using torch::Tensor;

/// Reads the BatchNorm of a term. The argument `name` holds weight and bias and, in evaluation,
/// running_mean and running_var. In training these two are written, so they are separate arguments
/// with the prefix `running` in their names.
BatchNorm read_norm(const Arguments& arguments, const std::string& name,
                    const std::string& running) {
  const auto tensors = arguments.tensors(name.c_str());
  if (tensors.empty()) return {};
  const bool training = arguments["training"].toBool();
  const std::size_t wanted = training ? 2 : 4;
  if (tensors.size() != wanted) {
    fail(ErrorKind::kUsage, "{}: expected {} in {}, found {} tensors", name,
         training ? "weight and bias" : "weight, bias, running_mean and running_var",
         training ? "training" : "evaluation", tensors.size());
  }
  const auto statistic = [&](const char* which, std::size_t i) {
    return training ? arguments.tensor((running + which).c_str()) : tensors[i];
  };
  return {tensors[0],
          tensors[1],
          statistic("running_mean", 2),
          statistic("running_var", 3),
          arguments["momentum"].toDouble(),
          arguments["eps"].toDouble(),
          training};
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

template <class Value>
void read_value(const char* name, const c10::IValue& given, Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    value = given.toBool();
  } else if constexpr (std::is_same_v<Value, double>) {
    value = given.toDouble();
  } else if constexpr (std::is_same_v<Value, std::int64_t>) {
    value = given.toInt();
  } else {
    const auto& spelled = given.toStringRef();
    std::vector<std::string> names;
    for (const auto& [candidate, known] : names_of(value)) {
      if (known == spelled) {
        value = candidate;
        return;
      }
      names.push_back(known);
    }
    fail(ErrorKind::kUsage, "{}: expected {}, found \"{}\"", name, join_choices(names), spelled);
  }
}

NeuronOptions read_options(const Arguments& arguments, NeuronKind kind) {
  NeuronOptions options;
  options.kind = kind;
  for_each_neuron_option([&](NeuronPart part, const auto& option) {
    if (part == NeuronPart::kAggregatorsLayers) return;
    const auto* given = arguments.find(option.name);
    if (given != nullptr) read_value(option.name, *given, options.*option.member);
  });
  validate(options);
  return options;
}

NeuronInput read_input(const Arguments& arguments) {
  Current residual;
  if (const auto values = arguments.tensor("residual"); values.defined()) {
    residual = {values, read_norm(arguments, "residual_norm", "residual_")};
  }
  return {Current(arguments.tensor("x"), read_norm(arguments, "norm", "")), residual,
          arguments["steps"].toInt()};
}

/// Returns the spikes in the layout and type that the fake tensors of python/staa/_fake.py promise:
/// channels-last, in the type of x.
Tensor laid_out(const Tensor& spikes, const Arguments& arguments) {
  return spikes.flatten(0, 1)
      .contiguous(torch::MemoryFormat::ChannelsLast)
      .view(spikes.sizes())
      .to(arguments.tensor("x").scalar_type());
}

std::vector<Tensor> call_lif(const Arguments& arguments) {
  const auto spikes = lif(read_input(arguments), read_options(arguments, NeuronKind::kLif));
  return {laid_out(spikes, arguments)};
}

std::vector<Tensor> call_adaptive_lif(const Arguments& arguments) {
  const auto spikes =
      adaptive_lif(read_input(arguments), arguments.tensor("decay"), arguments.tensor("gain"),
                   read_options(arguments, NeuronKind::kAdaptiveLif));
  return {laid_out(spikes, arguments)};
}

std::vector<Tensor> call_lif_with_state(const Arguments& arguments) {
  MembraneOptions membranes;
  if (const auto& subtract = arguments["subtract"]; !subtract.isNone()) {
    membranes.subtract = subtract.toDouble();
  }
  membranes.before_reset = arguments["before_reset"].toBool();
  const auto out = lif_with_state(read_input(arguments), arguments.tensor("decay"),
                                  arguments.tensor("gain"), arguments.tensor("membrane"),
                                  read_options(arguments, NeuronKind::kAdaptiveLif), membranes);
  return {laid_out(out.spikes, arguments),
          out.membrane.contiguous(torch::MemoryFormat::ChannelsLast)};
}

/// TSRD's draws: a tensor [T] that is not 0 where a step is dropped.
std::vector<bool> read_dropped(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  if (tensor.dim() != 1) {
    fail(ErrorKind::kUsage, "staa_lif: dropped: expected [T], found {} dimensions", tensor.dim());
  }
  const auto values = tensor.to(torch::kCPU, torch::kBool).contiguous();
  const auto* data = values.data_ptr<bool>();
  return std::vector<bool>(data, data + values.numel());
}

std::vector<Tensor> call_staa_lif(const Arguments& arguments) {
  auto options = read_options(arguments, NeuronKind::kStaaLif);
  StaaLifParameters parameters;
  parameters.pe = arguments.tensor("pe");
  parameters.gc1 = make_gc("gc1", arguments.tensors("gc1"));
  parameters.gc2 = make_gc("gc2", arguments.tensors("gc2"));
  parameters.sa = make_sa(arguments.tensors("sa"));
  options.pe = parameters.pe.defined();
  options.gc = parameters.gc1.defined();
  options.sa = parameters.sa.defined();
  const auto dropped = read_dropped(arguments.tensor("dropped"));
  return {laid_out(staa_lif(read_input(arguments), parameters, options, dropped), arguments)};
}

std::vector<Tensor> call_spike_conv2d(const Arguments& arguments) {
  constexpr auto kLayout = torch::MemoryFormat::ChannelsLast;
  auto x = arguments.tensor("x");
  if (x.dim() == 4) x = x.contiguous(kLayout);
  return {spike_convolution(x, arguments.tensor("weight"), arguments["stride"].toInt(),
                            arguments["padding"].toInt())
              .contiguous(kLayout)};
}

/// Replaces the arguments on the stack by the outputs.
void put(std::vector<Tensor> outputs, std::size_t arguments, torch::jit::Stack& stack) {
  torch::jit::drop(stack, arguments);
  for (auto& output : outputs) stack.emplace_back(std::move(output));
}

/// Calls an operator without autograd, in the form that LibTorch's dispatcher expects.
template <traced::Kernel kKernel>
void boxed(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/, torch::jit::Stack* stack) {
  const torch::NoGradGuard no_grad;
  put(kKernel(Arguments(op.schema(), *stack)), op.schema().arguments().size(), *stack);
}

/// Calls an operator with the library's own autograd, or as one node if the call is recorded.
template <traced::Kernel kKernel>
void boxed_autograd(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/,
                    torch::jit::Stack* stack) {
  if (traced::is_recorded(op.schema(), *stack)) return traced::record(op, *stack);
  put(kKernel(Arguments(op.schema(), *stack)), op.schema().arguments().size(), *stack);
}

template <traced::Kernel kKernel>
void boxed_backward(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/,
                    torch::jit::Stack* stack) {
  auto gradients = traced::backward(op, *stack, kKernel);
  torch::jit::drop(*stack, op.schema().arguments().size());
  stack->emplace_back(std::move(gradients));
}

/// Under autocast a spike convolution reads x in the lower precision; its weight and the parameters
/// of neurons keep their types. A residual is converted to the type of x.
void boxed_autocast(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/,
                    torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto& schema = op.schema();
  const auto argument = [&](const char* name) -> c10::IValue* {
    const auto index = schema.argumentIndexWithName(name);
    return index ? &(*stack)[stack->size() - schema.arguments().size() + *index] : nullptr;
  };
  auto& x = *argument("x");
  if (argument("weight") != nullptr && x.toTensor().scalar_type() == torch::kFloat) {
    const auto device = x.toTensor().device().type();
    x = x.toTensor().to(at::autocast::get_lower_precision_fp_from_device_type(device));
  }
  if (auto* residual = argument("residual"); residual != nullptr && residual->isTensor()) {
    *residual = residual->toTensor().to(x.toTensor().scalar_type());
  }
  op.callBoxed(stack);
}

std::string spelled(bool value) { return value ? "True" : "False"; }
std::string spelled(double value) { return fmt::format("{:#}", value); }
std::string spelled(std::int64_t value) { return std::to_string(value); }
template <class Enum>
std::string spelled(Enum value) {
  return fmt::format("'{}'", to_string(value));
}

template <class Value>
const char* schema_type() {
  if (std::is_same_v<Value, bool>) return "bool";
  if (std::is_same_v<Value, double>) return "float";
  if (std::is_same_v<Value, std::int64_t>) return "int";
  return "str";
}

/// The keyword arguments after an operator's own: the rest of the input, and the options that
/// affect the neuron's arithmetic, from options/neuron_table.h.
std::string neuron_keywords(bool aggregator) {
  std::string out =
      "Tensor? residual=None, Tensor[]? norm=None, Tensor[]? residual_norm=None, "
      "bool training=False, float momentum=0.1, float eps=1e-05, int steps=0";
  const NeuronOptions defaults;
  for_each_neuron_option([&](NeuronPart part, const auto& option) {
    if (part == NeuronPart::kAggregatorsLayers) return;
    if (part == NeuronPart::kAggregator && !aggregator) return;
    using Value = std::decay_t<decltype(defaults.*option.member)>;
    out += fmt::format(", {} {}={}", schema_type<Value>(), option.name,
                       spelled(defaults.*option.member));
  });
  return out;
}

/// The arguments that a call in training writes.
constexpr const char* kRunning =
    ", Tensor(a!)? running_mean=None, Tensor(b!)? running_var=None, "
    "Tensor(c!)? residual_running_mean=None, Tensor(d!)? residual_running_var=None";

/// An operator: its name, its arguments, and the arguments that its second overload also writes.
/// There are two overloads because torch.compile's Inductor (of PyTorch 2.15) loses the output of
/// an operator that may write an argument when the call passes no such argument.
struct Operator {
  std::string name;
  std::string arguments;
  std::string written;
  std::string outputs;

  /// The names of the overloads. The second one writes.
  std::vector<std::string> overloads() const {
    if (written.empty()) return {name};
    return {name, name + ".running"};
  }
  std::vector<std::string> schemas() const {
    std::vector<std::string> all{name + "(" + arguments + ") -> " + outputs};
    if (!written.empty()) {
      all.push_back(overloads()[1] + "(" + arguments + written + ") -> " + outputs);
    }
    return all;
  }
  std::string backward() const { return name + "_backward"; }
  std::string backward_schema() const {
    return backward() + "(Tensor[] gradients, bool[] wanted, " + arguments + ") -> Tensor[]";
  }
};

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all{
      {"lif", "Tensor x, *, " + neuron_keywords(false), kRunning, "Tensor"},
      {"adaptive_lif", "Tensor x, Tensor decay, Tensor gain, *, " + neuron_keywords(false),
       kRunning, "Tensor"},
      {"lif_with_state",
       "Tensor x, Tensor decay, Tensor gain, Tensor? membrane=None, *, float? subtract=None, "
       "bool before_reset=False, " +
           neuron_keywords(false),
       kRunning, "(Tensor, Tensor)"},
      {"staa_lif",
       "Tensor x, Tensor? pe, Tensor[] gc1, Tensor[] gc2, Tensor[] sa, Tensor? dropped, *, " +
           neuron_keywords(true),
       kRunning, "Tensor"},
      {"spike_conv2d", "Tensor x, Tensor weight, *, int stride=1, int padding=1", "", "Tensor"}};
  return all;
}

/// Calls f for every operator, in the order of operators(), with its kernel as a compile-time
/// constant.
template <class F>
void for_kernels(const F& f) {
  const auto& all = operators();
  f(all[0], std::integral_constant<traced::Kernel, call_lif>());
  f(all[1], std::integral_constant<traced::Kernel, call_adaptive_lif>());
  f(all[2], std::integral_constant<traced::Kernel, call_lif_with_state>());
  f(all[3], std::integral_constant<traced::Kernel, call_staa_lif>());
  f(all[4], std::integral_constant<traced::Kernel, call_spike_conv2d>());
}

/// Registers the kernels without autograd for one kind of device.
void register_device(torch::Library& m) {
  for_kernels([&](const Operator& op, auto kernel) {
    using Boxed = torch::CppFunction;
    for (const auto& name : op.overloads()) {
      m.impl(name.c_str(), Boxed::makeFromBoxedFunction<&boxed<decltype(kernel)::value>>());
    }
    m.impl(op.backward().c_str(),
           Boxed::makeFromBoxedFunction<&boxed_backward<decltype(kernel)::value>>());
  });
}

/// Describes an option to Python: {"name", "type", "default", "choices", "low", "high",
/// "above_low", "help", "paper"}.
template <class Options, class Option>
nlohmann::ordered_json describe_option(const Options& defaults, const Option& option) {
  using Value = std::decay_t<decltype(defaults.*option.member)>;
  nlohmann::ordered_json entry{{"name", option.name}, {"type", schema_type<Value>()}};
  if constexpr (std::is_enum_v<Value>) {
    entry["default"] = to_string(defaults.*option.member);
    for (const auto& [value, name] : names_of(Value{})) entry["choices"].push_back(name);
  } else {
    entry["default"] = defaults.*option.member;
  }
  if (std::isfinite(option.range.low)) entry["low"] = option.range.low;
  if (std::isfinite(option.range.high)) entry["high"] = option.range.high;
  entry["above_low"] = option.range.above_low;
  entry["help"] = option.help;
  entry["paper"] = option.paper;
  return entry;
}

/// All options of neurons as JSON, with the "part" of a neuron that each one belongs to.
std::string neuron_options() {
  auto all = nlohmann::ordered_json::array();
  for_each_neuron_option([&](NeuronPart part, const auto& option) {
    auto entry = describe_option(NeuronOptions{}, option);
    entry["part"] = part == NeuronPart::kEveryNeuron  ? "every neuron"
                    : part == NeuronPart::kAggregator ? "aggregator"
                                                      : "aggregator's layers";
    all.push_back(entry);
  });
  return all.dump();
}

/// All options of networks as JSON, with the only "network" that has the option, or "" if all have
/// it.
std::string model_options() {
  auto all = nlohmann::ordered_json::array();
  for_each_model_option([&](const auto& option, const std::string& network) {
    auto entry = describe_option(models::ModelOptions{}, option);
    entry["network"] = network;
    all.push_back(entry);
  });
  return all.dump();
}

}  // namespace

TORCH_LIBRARY(staa, m) {
  for (const auto& op : operators()) {
    for (const auto& schema : op.schemas()) m.def(schema.c_str());
    m.def(op.backward_schema().c_str());
  }
  m.def("neuron_options() -> str", neuron_options);
  m.def("model_options() -> str", model_options);
}

TORCH_LIBRARY_IMPL(staa, CPU, m) { register_device(m); }
TORCH_LIBRARY_IMPL(staa, CUDA, m) { register_device(m); }

TORCH_LIBRARY_IMPL(staa, Autograd, m) {
  for_kernels([&](const Operator& op, auto kernel) {
    using Boxed = torch::CppFunction;
    for (const auto& name : op.overloads()) {
      m.impl(name.c_str(),
             Boxed::makeFromBoxedFunction<&boxed_autograd<decltype(kernel)::value>>());
    }
    m.impl(op.backward().c_str(), torch::CppFunction::makeFallthrough());
  });
}

TORCH_LIBRARY_IMPL(staa, AutocastCPU, m) {
  for (const auto& op : operators()) {
    for (const auto& name : op.overloads()) {
      m.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&boxed_autocast>());
    }
  }
}

TORCH_LIBRARY_IMPL(staa, AutocastCUDA, m) {
  for (const auto& op : operators()) {
    for (const auto& name : op.overloads()) {
      m.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&boxed_autocast>());
    }
  }
}

}  // namespace staa::ops
