#pragma once

#include <string>

#include "staa/nir/graph.h"

namespace staa::nir {

/// A node with all that it holds as bytes, for another process of this machine.
std::string to_bytes(const Node& node);

/// The node again. Throws Error(kRuntime) if these are not the bytes of a node.
Node from_bytes(const std::string& bytes);

}  // namespace staa::nir
