#pragma once

#include <stdexcept>

namespace staa::events {

/// Why a piece of a file cannot be read, from code that does not know its place in the file: the
/// reader that does makes an Error of it.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace staa::events
