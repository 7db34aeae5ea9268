#pragma once

#include <optional>

namespace staa::ops {

/// How membranes are reset and handed on, in layers that begin with one and return the last one.
struct MembraneOptions {
  /// Soft reset: H = V - subtract where V fired. Empty: H = V_reset there.
  std::optional<double> subtract;
  /// The membranes handed in and out are V, before its reset, in place of H, behind it. A membrane
  /// handed in is then reset before the first step, as the one handed out will be by the next call.
  bool before_reset = false;
};

}  // namespace staa::ops
