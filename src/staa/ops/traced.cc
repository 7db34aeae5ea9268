#include "staa/ops/traced.h"

#include <c10/core/impl/LocalDispatchKeySet.h>

#include <utility>

namespace staa::ops::traced {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Values = std::vector<c10::IValue>;

/// Arguments that are written are running statistics: they have no gradient, and a backward pass
/// does not change them.
bool is_written(const c10::Argument& argument) {
  return argument.alias_info() != nullptr && argument.alias_info()->isWrite();
}

/// Calls f for every tensor that is read, in order.
template <class F>
void for_tensors(const c10::FunctionSchema& schema, const c10::IValue* values, const F& f) {
  for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
    if (is_written(schema.arguments()[i])) continue;
    if (values[i].isTensor() && values[i].toTensor().defined()) f(values[i].toTensor());
    if (!values[i].isTensorList()) continue;
    for (const auto& tensor : values[i].toTensorVector()) f(tensor);
  }
}

/// The same values, in which the tensors that are read are replaced by those from `next` on.
template <class Iterator>
Values with_tensors(const c10::FunctionSchema& schema, Values values, Iterator next) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_written(schema.arguments()[i])) continue;
    if (values[i].isTensor() && values[i].toTensor().defined()) values[i] = *next++;
    if (!values[i].isTensorList()) continue;
    auto list = values[i].toTensorVector();
    for (auto& tensor : list) tensor = *next++;
    values[i] = list;
  }
  return values;
}

/// A call without its tensors, on its way from the forward to the backward pass.
struct Call : torch::CustomClassHolder {
  explicit Call(c10::OperatorHandle handle) : op(std::move(handle)) {}
  c10::OperatorHandle op;
  Values arguments;
  std::vector<bool> wanted;  // for every tensor that is read: whether it needs a gradient
};

struct Recorded : torch::autograd::Function<Recorded> {
  static variable_list forward(AutogradContext* context, at::TensorList tensors,
                               const c10::intrusive_ptr<Call>& call) {
    const auto& schema = call->op.schema();
    auto stack = with_tensors(schema, call->arguments, tensors.begin());
    {
      const at::AutoDispatchBelowADInplaceOrView below;
      call->op.callBoxed(&stack);
    }
    context->save_for_backward(tensors.vec());
    const variable_list none(tensors.size());  // autograd keeps the tensors
    call->arguments = with_tensors(schema, std::move(call->arguments), none.begin());
    context->saved_data["call"] = torch::IValue::make_capsule(call);
    variable_list out;
    for (const auto& value : stack) out.push_back(value.toTensor());
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto capsule = context->saved_data["call"].toCapsule();
    const auto& call = static_cast<const Call&>(*capsule);
    const auto& schema = call.op.schema();
    const auto saved = context->get_saved_variables();
    torch::jit::Stack stack{std::vector<Tensor>(gradients), call.wanted};
    std::size_t next = 0;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (is_written(schema.arguments()[i])) continue;
      auto value = call.arguments[i];
      if (value.isTensor()) {
        value = saved[next++];
      } else if (value.isTensorList()) {
        auto list = value.toTensorVector();
        for (auto& tensor : list) tensor = saved[next++];
        value = list;
      }
      stack.push_back(std::move(value));
    }
    c10::Dispatcher::singleton()
        .findSchemaOrThrow((schema.name() + "_backward").c_str(), "")
        .callBoxed(&stack);
    auto out = stack.back().toTensorVector();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!call.wanted[i]) out[i] = Tensor();
    }
    out.emplace_back();  // `call` has no gradient
    return out;
  }
};

bool is_sequence(const std::string& name) {
  return name == "x" || name == "residual" || name == "membrane";
}

/// Returns a gradient in the layout that the fake tensors of python/staa/_fake.py promise.
Tensor laid_out(const Tensor& gradient, bool sequence) {
  if (!sequence) return gradient.contiguous();
  if (gradient.dim() == 4) return gradient.contiguous(torch::MemoryFormat::ChannelsLast);
  return gradient.flatten(0, 1)
      .contiguous(torch::MemoryFormat::ChannelsLast)
      .view(gradient.sizes());
}

}  // namespace

bool is_recorded(const c10::FunctionSchema& schema, const torch::jit::Stack& stack) {
  if (c10::impl::tls_is_dispatch_key_included(c10::DispatchKey::Python)) return true;
  const c10::DispatchKeySet not_plain({c10::DispatchKey::Python, c10::DispatchKey::Functionalize});
  bool found = false;
  for_tensors(schema, stack.data() + stack.size() - schema.arguments().size(),
              [&](const Tensor& tensor) { found = found || tensor.key_set().has_any(not_plain); });
  return found;
}

void record(const c10::OperatorHandle& op, torch::jit::Stack& stack) {
  const auto& schema = op.schema();
  auto call = c10::make_intrusive<Call>(op);
  call->arguments = torch::jit::pop(stack, schema.arguments().size());
  variable_list tensors;
  for_tensors(schema, call->arguments.data(), [&](const Tensor& tensor) {
    tensors.push_back(tensor);
    call->wanted.push_back(tensor.requires_grad());
  });
  for (auto& output : Recorded::apply(at::TensorList(tensors), call)) {
    stack.emplace_back(std::move(output));
  }
}

std::vector<Tensor> backward(const c10::OperatorHandle& op, const torch::jit::Stack& stack,
                             Kernel kernel) {
  const auto& schema = op.schema();
  const auto* values = stack.data() + stack.size() - schema.arguments().size();
  const auto gradients = values[0].toTensorVector();
  const auto wanted = values[1].toBoolList();
  // The gradients and `wanted` come first, followed by the operator's own arguments.
  auto arguments = Values(values, values + schema.arguments().size());
  arguments[0] = std::vector<Tensor>();
  variable_list all;
  std::vector<bool> sequences;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const auto sequence = is_sequence(schema.arguments()[i].name());
    const auto take = [&](const Tensor& tensor) {
      all.push_back(tensor.detach().requires_grad_(wanted.get(all.size())));
      sequences.push_back(sequence);
      return all.back();
    };
    if (arguments[i].isTensor() && arguments[i].toTensor().defined()) {
      arguments[i] = take(arguments[i].toTensor());
    } else if (arguments[i].isTensorList()) {
      auto list = arguments[i].toTensorVector();
      for (auto& tensor : list) tensor = take(tensor);
      arguments[i] = list;
    }
  }
  const at::AutoGradMode with_graph(true);
  const auto outputs = kernel(Arguments(schema, arguments.data()));
  variable_list inputs;
  for (const auto& tensor : all) {
    if (tensor.requires_grad()) inputs.push_back(tensor);
  }
  variable_list found;
  if (!inputs.empty()) {
    found = torch::autograd::grad(outputs, inputs, gradients, /*retain_graph=*/false,
                                  /*create_graph=*/false, /*allow_unused=*/true);
  }
  std::vector<Tensor> out;
  auto next = found.begin();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].requires_grad()) {
      out.push_back(torch::empty({0}, all[i].options()));
      continue;
    }
    const auto gradient = next->defined() ? *next : torch::zeros_like(all[i]);
    ++next;
    out.push_back(laid_out(gradient.detach(), sequences[i]));
  }
  return out;
}

}  // namespace staa::ops::traced
