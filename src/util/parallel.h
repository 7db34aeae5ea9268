#pragma once

#include <cstdint>
#include <functional>

namespace staa {

/// Calls work(i) once for every i from 0 to count - 1, on `threads` threads (at least 1), the
/// caller's among them, in no order. The first exception stops what has not begun and is thrown
/// when all threads are done.
void for_each_index(std::int64_t count, std::int64_t threads,
                    const std::function<void(std::int64_t)>& work);

}  // namespace staa
