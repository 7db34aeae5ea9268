#pragma once

#include <cstdint>
#include <functional>

namespace staa {

/// Calls work(i) once for every i from 0 to count - 1, on `threads` threads (at least 1) including
/// the caller's. Calls start in order. After an exception no further calls start; when all threads
/// are done, the exception of the smallest i is rethrown, and all calls for smaller i have been
/// made.
void for_each_index(std::int64_t count, std::int64_t threads,
                    const std::function<void(std::int64_t)>& work);

}  // namespace staa
