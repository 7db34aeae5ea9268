// Replaces c10d.cc if LibTorch has no Gloo or its headers are missing.
#include "staa/distributed/communicator.h"
#include "staa/distributed/store.h"
#include "staa/util/error.h"

namespace staa::distributed {
namespace {

[[noreturn]] void refuse() {
  fail(
      ErrorKind::kUsage,
      "this build of staa trains in one process: when it was configured, LibTorch had no c10d with "
      "Gloo or Gloo's headers (Debian: libgloo-dev) were not there");
}

}  // namespace

bool available() { return false; }

std::unique_ptr<Store> keep_store() { refuse(); }

std::shared_ptr<Communicator> connect(const Launch& launch, const Patience&) {
  if (launch.alone()) return alone();
  refuse();
}

}  // namespace staa::distributed
