#pragma once

#include <cstdint>
#include <memory>

namespace staa::distributed {

/// The meeting place of processes on this machine, kept by whoever starts them.
class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Of the loopback address.
  virtual std::int64_t port() const = 0;
};

/// Opens one at a port that is free. Throws Error(kUsage) where this build has no Gloo.
std::unique_ptr<Store> keep_store();

}  // namespace staa::distributed
