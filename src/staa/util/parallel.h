#pragma once

#include <cstdint>
#include <functional>

namespace staa {

/// Calls work(i) once for every i from 0 to count - 1, on `threads` threads (at least 1), the
/// caller's among them, begun in order. An exception stops what has not begun; when all threads are
/// done, that of the smallest i is thrown, as all before it were tried.
void for_each_index(std::int64_t count, std::int64_t threads,
                    const std::function<void(std::int64_t)>& work);

}  // namespace staa
