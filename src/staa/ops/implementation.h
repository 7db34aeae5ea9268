#pragma once

namespace staa::ops {

/// While an object of this class lives, operators called in its thread run the reference
/// composition even if fused kernels support the call. Tests and benchmarks use it for comparisons.
class UseReference {
 public:
  /// With `active` false it has no effect.
  explicit UseReference(bool active = true);
  ~UseReference();
  UseReference(const UseReference&) = delete;
  UseReference& operator=(const UseReference&) = delete;

  static bool active();

 private:
  bool before_;
};

}  // namespace staa::ops
