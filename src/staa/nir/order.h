#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace staa::nir {

/// A graph given by indices, from which the order of its nodes within a time step is derived.
struct Wiring {
  struct Link {
    std::size_t from;
    std::size_t to;
    bool late = false;  ///< it reads the output of the previous time step
  };

  std::size_t nodes = 0;
  std::size_t first = 0;  ///< the input, where paths start
  std::size_t last = 0;   ///< the output, which runs last
  std::vector<Link> links;
  std::vector<char> neuron;  ///< for each node: its output may be read one step later
  std::vector<char> delays;  ///< for each node: it delays by at least a step;
                             ///< break_loops() may set it to 0

  std::vector<std::vector<std::size_t>> links_from() const;
};

/// Makes links late until no loop within a time step is left. If a loop contains a delaying node,
/// the links to that node become late, and its entry in `delays` becomes 0, because it must then
/// delay one step less. Otherwise the link that leaves the loop's last layer of neurons, counted
/// from the input, becomes late. Throws Error(kInput) with `source` and the names of a loop that
/// contains neither.
void break_loops(Wiring& wiring, const std::vector<std::string>& names, const std::string& source);

/// The order in which the nodes run, after break_loops().
std::vector<std::size_t> order(const Wiring& wiring);

}  // namespace staa::nir
