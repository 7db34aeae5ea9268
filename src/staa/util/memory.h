#pragma once

namespace staa {

/// Tells the C library's allocator to keep what is freed, up to some GiB, in place of giving it
/// back to the system: training frees and asks for the same large tensors at every step, and pages
/// that come fresh from the system are cleared and faulted in one by one. For a program's start;
/// does nothing where the C library has no such choice.
void keep_freed_memory();

}  // namespace staa
