#pragma once

#include <torch/types.h>

#include <cstddef>

#include "staa/ops/elements.h"

namespace staa::ops {

/// Hands out consecutive parts of one block of memory. Without memory it returns null and only
/// measures how much the parts need.
template <class T>
class Arena {
 public:
  explicit Arena(T* memory) : memory_(memory) {}

  T* allocate(std::size_t size) {
    T* part = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += size;
    return part;
  }
  std::size_t used() const { return used_; }

 private:
  T* memory_;
  std::size_t used_ = 0;
};

/// Returns a tensor of `size` numbers, of which the first `zeroed` are 0.
template <class T>
torch::Tensor allocate_numbers(std::size_t size, std::size_t zeroed, const torch::Device& device) {
  auto memory =
      torch::empty({static_cast<std::int64_t>(size)},
                   torch::TensorOptions(device).dtype(c10::CppTypeToScalarType<T>::value));
  memory.narrow(0, 0, static_cast<std::int64_t>(zeroed)).zero_();
  return memory;
}

/// Returns the result of `place(arena)` for an arena over `memory`, which becomes a tensor of zeros
/// of exactly the size that `place` needs.
template <class T, class Place>
auto place_zeroed(const torch::Device& device, torch::Tensor& memory, const Place& place) {
  Arena<T> measure(nullptr);
  place(measure);
  memory = allocate_numbers<T>(measure.used(), measure.used(), device);
  Arena<T> arena(data<T>(memory));
  return place(arena);
}

}  // namespace staa::ops
