#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>

#include "staa/util/error.h"

namespace staa::nn {

/// The current child `name` of `parent`, so that a module set by replace_module() is used. It must
/// be exactly a `Kind`: a call through the base class would silently ignore what a derived class
/// changes. Throws Error(kRuntime) naming both if it is not.
template <class Kind>
std::shared_ptr<Kind> child(const torch::nn::Module& parent, const std::string& name) {
  const auto children = parent.named_children();
  const auto* found = children.find(name);
  if (found == nullptr) {
    fail(ErrorKind::kRuntime, "{}: expected a module '{}', found none", parent.name(), name);
  }
  auto module = std::dynamic_pointer_cast<Kind>(*found);
  const auto& object = **found;
  // An abstract class calls its children through virtual functions.
  if (!module || (!std::is_abstract_v<Kind> && typeid(object) != typeid(Kind))) {
    fail(ErrorKind::kRuntime, "{}: expected '{}' to be a {}, found a {}", parent.name(), name,
         c10::demangle(typeid(Kind).name()), object.name());
  }
  return module;
}

}  // namespace staa::nn
