#pragma once

namespace staa {

/// Makes the C library's allocator keep freed memory, up to some GiB, instead of returning it to
/// the system. Training frees and allocates the same large tensors in every step, and new pages
/// from the system must be cleared and faulted in one by one. Call it at the start of a program. It
/// does nothing if the C library has no such setting.
void keep_freed_memory();

}  // namespace staa
