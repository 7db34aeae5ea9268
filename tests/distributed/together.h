#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "staa/distributed/communicator.h"
#include "staa/distributed/store.h"
#include "support/support.h"

namespace staa::test {

/// Skips a test that needs c10d in builds without it.
#define STAA_NEEDS_MANY_PROCESSES()                                   \
  if (!distributed::available()) {                                    \
    GTEST_SKIP() << "this build has no c10d with Gloo (libgloo-dev)"; \
  }

using Work = std::function<void(const std::shared_ptr<distributed::Communicator>&)>;

/// Runs `work` as `size` members of one group, each in its own thread of this process, and finishes
/// the group unless `finish` is false. Rethrows the exception of the lowest rank that has thrown
/// one.
inline void together(std::int64_t size, const Work& work, bool finish = true,
                     const distributed::Patience& patience = {}) {
  const auto store = distributed::keep_store();
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (std::int64_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        distributed::Launch launch;
        launch.rank = rank;
        launch.size = launch.local_size = size;
        launch.address = "127.0.0.1";
        launch.port = store->port();
        launch.served = true;
        launch.by = "a test";
        const auto all = distributed::connect(launch, patience);
        work(all);
        if (finish) all->finish();
      } catch (...) {
        failures[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace staa::test
