#include "staa/data/sets/listing.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "staa/util/error.h"

namespace staa::data {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::vector<fs::path> list_folder(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code code;
  for (fs::directory_iterator next(folder, code), end; !code && next != end; next.increment(code)) {
    if (next->path().filename().string().front() != '.') entries.push_back(next->path());
  }
  if (code) fail(ErrorKind::kIo, "{}: cannot list: {}", folder.string(), code.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace staa::data
