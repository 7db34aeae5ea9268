#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/module.h>

#include <memory>
#include <type_traits>

#include "staa/util/error.h"

namespace staa::nn {

/// Only names the specialisation below.
struct ModuleAccess;

}  // namespace staa::nn

namespace torch::nn {

/// torch::nn::Module lets its friend Cloneable empty a copied module and fill a copy's children,
/// and nobody else. This specialisation passes both on.
template <>
class Cloneable<staa::nn::ModuleAccess> {
 public:
  static void forget_members(Module& module) {
    module.parameters_.clear();
    module.buffers_.clear();
    module.children_.clear();
  }

  template <class Device>
  static void clone_into(Module& child, Module& original, const Device& device) {
    child.clone_(original, device);
  }
};

}  // namespace torch::nn

namespace staa::nn {

/// torch::nn::Cloneable for classes with a common base that is a module already. LibTorch's own
/// derives from Module itself, and from 2.x on not virtually, so that such a class would be two
/// modules at once. `reset()` must make all parameters, buffers and children anew.
template <class Derived, class Base>
class Cloneable : public Base {
  template <class Result, class Class, class Argument>
  static std::decay_t<Argument> argument_of(Result (Class::*)(Argument) const);
  /// std::optional<torch::Device>, or that of LibTorch 1.x.
  using OptionalDevice = decltype(argument_of(&torch::nn::Module::clone));
  using Access = torch::nn::Cloneable<ModuleAccess>;

 public:
  using Base::Base;

  virtual void reset() = 0;

  /// A deep copy, on `device` if there is one.
  std::shared_ptr<torch::nn::Module> clone(const OptionalDevice& device = {}) const override {
    const torch::NoGradGuard no_grad;
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    Access::forget_members(*copy);
    copy->reset();
    const auto fill = [&](const auto& originals, const auto& copies) {
      if (originals.size() != copies.size()) refuse();
      for (const auto& item : originals) {
        const torch::Tensor& tensor = item.value();
        const bool moves = device && tensor.device() != *device;
        auto to = copies[item.key()];
        to.set_data(moves ? tensor.to(*device) : tensor.clone());
      }
    };
    fill(this->named_parameters(/*recurse=*/false), copy->named_parameters(/*recurse=*/false));
    fill(this->named_buffers(/*recurse=*/false), copy->named_buffers(/*recurse=*/false));
    const auto copies = copy->named_children();
    const auto originals = this->named_children();
    if (originals.size() != copies.size()) refuse();
    for (const auto& child : originals) {
      Access::clone_into(*copies[child.key()], *child.value(), device);
    }
    return copy;
  }

 private:
  void clone_(torch::nn::Module& other, const OptionalDevice& device) final {
    const auto copy = std::dynamic_pointer_cast<Derived>(other.clone(device));
    if (!copy) refuse();
    static_cast<Derived&>(*this) = *copy;
  }

  [[noreturn]] void refuse() const {
    fail(ErrorKind::kRuntime, "{}: a copy has other parameters or modules than the original",
         this->name());
  }
};

}  // namespace staa::nn
