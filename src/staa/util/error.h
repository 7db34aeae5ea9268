#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "staa/util/exception.h"

namespace staa {

/// Throws Error(kind) with a message that is formatted like fmt::format.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

/// Throws Error(kIo) "PATH: WHAT: reason", where the reason is the text for errno.
[[noreturn]] void fail_errno(const std::string& path, const std::string& what);

}  // namespace staa
