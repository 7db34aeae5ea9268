#include "staa/ops/implementation.h"

namespace staa::ops {
namespace {

thread_local bool use_reference = false;

}  // namespace

UseReference::UseReference() : before_(use_reference) { use_reference = true; }

UseReference::~UseReference() { use_reference = before_; }

bool UseReference::active() { return use_reference; }

}  // namespace staa::ops
