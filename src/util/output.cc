#include "staa/util/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace staa {

int finish_output(const char* program, int code) {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  const int reason = errno;
  // An earlier write may have failed, and left nothing to be flushed.
  if (flushed && std::cout.good() && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "%s: error: standard output: cannot write%s%s\n", program,
               reason != 0 ? ": " : "", reason != 0 ? std::strerror(reason) : "");  // NOLINT
  return code == 0 ? 1 : code;
}

}  // namespace staa
