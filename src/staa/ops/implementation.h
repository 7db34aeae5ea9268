#pragma once

namespace staa::ops {

/// While one of these lives, neuron layers called in its thread run on the reference composition
/// even where fused kernels would take them: for comparisons, in tests and benchmarks.
class UseReference {
 public:
  UseReference();
  ~UseReference();
  UseReference(const UseReference&) = delete;
  UseReference& operator=(const UseReference&) = delete;

  static bool active();

 private:
  bool before_;
};

}  // namespace staa::ops
