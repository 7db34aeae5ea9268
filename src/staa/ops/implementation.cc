#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

thread_local bool use_reference = false;

}  // namespace

UseReference::UseReference(bool active) : before_(use_reference) {
  use_reference = use_reference || active;
}

UseReference::~UseReference() { use_reference = before_; }

bool UseReference::active() { return use_reference; }

}  // namespace staa::ops
