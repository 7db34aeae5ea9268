#pragma once

#include <cstdint>
#include <memory>

namespace staa::distributed {

/// The meeting point of processes on this machine. It is provided by the process that starts them.
class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// The port at the loopback address.
  virtual std::int64_t port() const = 0;
};

/// Opens a store at a free port. Throws Error(kUsage) if this build has no Gloo.
std::unique_ptr<Store> keep_store();

}  // namespace staa::distributed
