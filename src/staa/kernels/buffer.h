#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace staa::kernels {

/// The alignment of the kernels' memory. It starts at a cache line, because a vector that crosses
/// two lines costs two accesses.
constexpr std::align_val_t kLine{64};

template <class T>
struct LineAllocator {
  using value_type = T;

  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}  // implicit, as the standard requires

  T* allocate(std::size_t size) { return static_cast<T*>(::operator new(size * sizeof(T), kLine)); }
  void deallocate(T* data, std::size_t) { ::operator delete(data, kLine); }

  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
  friend bool operator!=(const LineAllocator&, const LineAllocator&) { return false; }
};

template <class T>
using LineVector = std::vector<T, LineAllocator<T>>;

/// Uninitialised memory that a thread reuses.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) { need(size); }

  /// Returns memory for at least `size` numbers. Its contents are lost if it has to grow.
  T* need(std::size_t size) {
    if (size > size_) {
      data_.reset();  // free the old memory first
      data_.reset(static_cast<T*>(::operator new(size * sizeof(T), kLine)));
      size_ = size;
    }
    return data_.get();
  }

  /// Like need(), with the first `size` numbers set to 0.
  T* zeroed(std::size_t size) {
    T* data = need(size);
    std::fill_n(data, size, T(0));
    return data;
  }

  T* data() const { return data_.get(); }

 private:
  struct Delete {
    void operator()(T* data) const { ::operator delete(data, kLine); }
  };

  std::unique_ptr<T[], Delete> data_;
  std::size_t size_ = 0;
};

}  // namespace staa::kernels
