#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace staa::nir {

/// A graph by indices, for the order in which its nodes run within a step.
struct Wiring {
  struct Link {
    std::size_t from;
    std::size_t to;
    bool late = false;  ///< its end reads what its beginning gave in the step before
  };

  std::size_t nodes = 0;
  std::size_t first = 0;  ///< the input, at which paths begin
  std::size_t last = 0;   ///< the output, which runs last
  std::vector<Link> links;
  std::vector<char> neuron;  ///< of each node: what it gives may be read a step later
  std::vector<char> delays;  ///< it waits at least a step; set to 0 where that step is taken off

  std::vector<std::vector<std::size_t>> links_from() const;
};

/// Makes links late until no loop is left that runs within a step. Of a loop through a node that
/// delays, the links into that node are late, and `delays` of it becomes 0: it has to wait a step
/// less. Of any other, the link behind its last layer of neurons, counted from the input, is.
/// Throws Error(kInput) with `source` and the names of a loop that has neither.
void break_loops(Wiring& wiring, const std::vector<std::string>& names, const std::string& source);

/// The order, after break_loops.
std::vector<std::size_t> order(const Wiring& wiring);

}  // namespace staa::nir
