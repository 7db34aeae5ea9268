#include "staa/util/error.h"

#include <cerrno>
#include <cstring>

namespace staa {

void fail_errno(const std::string& path, const std::string& what) {
  const int code = errno;
  fail(ErrorKind::kIo, "{}: {}: {}", path, what, std::strerror(code));
}

}  // namespace staa
