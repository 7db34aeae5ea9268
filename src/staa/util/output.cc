#include "staa/util/output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace staa {

std::ostream& beside(const std::filesystem::path& path) {
  struct stat written {};
  struct stat standard {};
  const bool same = ::stat(path.c_str(), &written) == 0 && ::fstat(STDOUT_FILENO, &standard) == 0 &&
                    written.st_dev == standard.st_dev && written.st_ino == standard.st_ino;
  // All programs share /dev/null and terminals, and nothing in them can be mixed up.
  return same && !S_ISCHR(written.st_mode) ? std::cerr : std::cout;
}

int finish_output(const char* program, int code) {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  const int reason = errno;
  // An earlier write may have failed and left nothing to flush.
  if (flushed && std::cout.good() && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "%s: error: standard output: cannot write%s%s\n", program,
               reason != 0 ? ": " : "", reason != 0 ? std::strerror(reason) : "");  // NOLINT
  return code == 0 ? 1 : code;
}

}  // namespace staa
