#pragma once

#include <optional>

namespace staa::ops {

/// How membranes are reset and passed on in layers that take an initial membrane and return the
/// last one.
struct MembraneOptions {
  /// With a value, a soft reset: H = V - subtract where V fired. Without one: H = V_reset there.
  std::optional<double> subtract;
  /// If true, the membranes passed in and out are V before its reset; otherwise they are H after
  /// it. A membrane V that is passed in is reset before the first step.
  bool before_reset = false;
};

}  // namespace staa::ops
