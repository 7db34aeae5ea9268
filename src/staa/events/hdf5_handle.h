#pragma once

#include <hdf5.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace staa::events {

/// A lock for all calls of the HDF5 library, which is not thread-safe.
std::mutex& hdf5_mutex();

/// An object of the HDF5 library, which is closed by the destructor. A negative id means no object.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Handle() = default;
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// A compression filter of a dataset that the HDF5 library here cannot undo.
struct UnreadableFilter {
  H5Z_filter_t id = -1;
  std::string name;  ///< as the file gives it; may be empty
};

/// The first such filter of a dataset with the creation properties `list`, if there is one.
inline std::optional<UnreadableFilter> unreadable_filter(const Hdf5Handle& list) {
  const int filters = H5Pget_nfilters(list.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    char name[64] = "";
    const auto filter = H5Pget_filter2(list.get(), static_cast<unsigned>(i), &flags, &values,
                                       nullptr, sizeof name, name, nullptr);
    if (filter < 0 || H5Zfilter_avail(filter) <= 0) return UnreadableFilter{filter, name};
  }
  return std::nullopt;
}

}  // namespace staa::events
