#pragma once

#include <ATen/core/stack.h>
#include <torch/library.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace staa::ops {

/// The arguments of one call of an operator, looked up by their names in its schema.
class Arguments {
 public:
  /// The arguments that start at `first`, in the order of the schema.
  Arguments(const c10::FunctionSchema& schema, const c10::IValue* first)
      : schema_(schema), first_(first) {}
  /// The arguments on top of a stack.
  Arguments(const c10::FunctionSchema& schema, const torch::jit::Stack& stack)
      : Arguments(schema, stack.data() + stack.size() - schema.arguments().size()) {}

  /// Returns null if the operator has no such argument.
  const c10::IValue* find(const std::string& name) const {
    const auto index = schema_.argumentIndexWithName(name);
    return index ? first_ + *index : nullptr;
  }

  const c10::IValue& operator[](const char* name) const { return *find(name); }

  torch::Tensor tensor(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->isTensor() ? value->toTensor() : torch::Tensor();
  }

  std::vector<torch::Tensor> tensors(const char* name) const {
    const auto& value = (*this)[name];
    return value.isNone() ? std::vector<torch::Tensor>() : value.toTensorVector();
  }

 private:
  const c10::FunctionSchema& schema_;
  const c10::IValue* first_;
};

}  // namespace staa::ops
