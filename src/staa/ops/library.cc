// The operators as LibTorch and Python see them: torch.ops.staa.lif, adaptive_lif,
// staa_lif and spike_conv2d.
#include <ATen/core/stack.h>
#include <fmt/format.h>
#include <torch/library.h>
#include <torch/types.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "staa/ops/neurons.h"
#include "staa/ops/spike_convolution.h"
#include "staa/options/names.h"
#include "staa/options/network_table.h"
#include "staa/options/neuron_table.h"
#include "staa/options/validate.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::ops {
namespace {

using torch::Tensor;

/// weight, bias, running_mean, running_var, or nothing.
BatchNorm make_norm(const char* what, const std::vector<Tensor>& tensors, bool training,
                    double momentum, double eps) {
  if (tensors.empty()) return {};
  if (tensors.size() != 4) {
    fail(ErrorKind::kUsage,
         "{}: expected weight, bias, running_mean and running_var, found {} "
         "tensors",
         what, tensors.size());
  }
  return {tensors[0], tensors[1], tensors[2], tensors[3], momentum, eps, training};
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

/// The arguments of one call by their names in the schema.
class Arguments {
 public:
  Arguments(const c10::FunctionSchema& schema, const torch::jit::Stack& stack)
      : schema_(schema), first_(stack.data() + stack.size() - schema.arguments().size()) {}

  /// Null where the operator has no such argument.
  const c10::IValue* find(const std::string& name) const {
    const auto index = schema_.argumentIndexWithName(name);
    return index ? first_ + *index : nullptr;
  }

  const c10::IValue& operator[](const char* name) const { return *find(name); }

  Tensor tensor(const char* name) const {
    const auto& value = (*this)[name];
    return value.isTensor() ? value.toTensor() : Tensor();
  }

  std::vector<Tensor> tensors(const char* name) const {
    const auto& value = (*this)[name];
    return value.isNone() ? std::vector<Tensor>() : value.toTensorVector();
  }

 private:
  const c10::FunctionSchema& schema_;
  const c10::IValue* first_;
};

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
  const bool training = arguments["training"].toBool();
  const auto norm = [&](const char* name) {
    return make_norm(name, arguments.tensors(name), training, arguments["momentum"].toDouble(),
                     arguments["eps"].toDouble());
  };
  Current residual;
  if (const auto values = arguments.tensor("residual"); values.defined()) {
    residual = {values, norm("residual_norm")};
  }
  return {Current(arguments.tensor("x"), norm("norm")), residual, arguments["steps"].toInt()};
}

Tensor call_lif(const Arguments& arguments) {
  return lif(read_input(arguments), read_options(arguments, NeuronKind::kLif)).values;
}

Tensor call_adaptive_lif(const Arguments& arguments) {
  return adaptive_lif(read_input(arguments), arguments.tensor("decay"), arguments.tensor("gain"),
                      read_options(arguments, NeuronKind::kAdaptiveLif))
      .values;
}

Tensor call_staa_lif(const Arguments& arguments) {
  auto options = read_options(arguments, NeuronKind::kStaaLif);
  StaaLifParameters parameters;
  parameters.pe = arguments.tensor("pe");
  parameters.gc1 = make_gc("gc1", arguments.tensors("gc1"));
  parameters.gc2 = make_gc("gc2", arguments.tensors("gc2"));
  parameters.sa = make_sa(arguments.tensors("sa"));
  options.pe = parameters.pe.defined();
  options.gc = parameters.gc1.defined();
  options.sa = parameters.sa.defined();
  std::vector<bool> dropped;
  for (const bool drop : arguments["dropped"].toBoolList()) dropped.push_back(drop);
  return staa_lif(read_input(arguments), parameters, options, dropped).values;
}

/// A neuron's operator as LibTorch's dispatcher calls it: the arguments lie on the stack, in the
/// order of the schema, and the result takes their place.
template <Tensor (*kCall)(const Arguments&)>
void boxed(const c10::OperatorHandle& op, c10::DispatchKeySet /*keys*/, torch::jit::Stack* stack) {
  const auto& schema = op.schema();
  auto result = kCall(Arguments(schema, *stack));
  torch::jit::drop(*stack, schema.arguments().size());
  torch::jit::push(*stack, std::move(result));
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

/// Keyword arguments behind an operator's own: the rest of the input, and the options that the
/// neuron's arithmetic depends on, as options/neuron_table.h describes them.
std::string keywords(bool aggregator) {
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

/// What Python is told of an option: {"name", "type", "default", "choices", "low", "high",
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

/// Every option of neurons as JSON, with the "part" of a neuron that it is for.
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

/// Every option of networks as JSON, with the "network" that alone has it, or "".
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
  const auto define = [&](const std::string& arguments, const std::string& options,
                          torch::CppFunction&& function) {
    m.def((arguments + ", *, " + options + ") -> Tensor").c_str(), std::move(function));
  };
  define("lif(Tensor x", keywords(false),
         torch::CppFunction::makeFromBoxedFunction<&boxed<call_lif>>());
  define("adaptive_lif(Tensor x, Tensor decay, Tensor gain", keywords(false),
         torch::CppFunction::makeFromBoxedFunction<&boxed<call_adaptive_lif>>());
  define("staa_lif(Tensor x, Tensor? pe, Tensor[] gc1, Tensor[] gc2, Tensor[] sa, bool[] dropped",
         keywords(true), torch::CppFunction::makeFromBoxedFunction<&boxed<call_staa_lif>>());
  m.def("spike_conv2d(Tensor x, Tensor weight, *, int stride=1, int padding=1) -> Tensor",
        spike_convolution);
  m.def("neuron_options() -> str", neuron_options);
  m.def("model_options() -> str", model_options);
}

}  // namespace staa::ops
