#include "staa/util/parallel.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace staa {

void for_each_index(std::int64_t count, std::int64_t threads,
                    const std::function<void(std::int64_t)>& work) {
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;  // guards the next two
  std::int64_t failed_at = count;
  std::exception_ptr failure;
  const auto run = [&] {
    for (std::int64_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        next = count;
        const std::lock_guard<std::mutex> lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
      }
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (std::int64_t i = 1; i < threads; ++i) helpers.emplace_back(run);
  } catch (const std::exception&) {
    // The system has no more threads: the existing ones do the work.
  }
  run();
  for (auto& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace staa
