#pragma once

#include <stdexcept>

namespace staa::events {

/// Why a piece of a file cannot be read. It is thrown by code that does not know the piece's place
/// in the file; the calling reader turns it into an Error that names the place.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace staa::events
