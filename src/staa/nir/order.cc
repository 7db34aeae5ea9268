#include "staa/nir/order.h"

#include <algorithm>
#include <set>

#include "staa/util/error.h"

namespace staa::nir {
namespace {

/// Finds the links of a loop within a time step, in order; the last one closes the loop. Returns
/// none if there is no loop. Searches from the input first, then from nodes not reached yet.
class LoopFinder {
 public:
  explicit LoopFinder(const Wiring& wiring)
      : wiring_(wiring), from_(wiring.links_from()), state_(wiring.nodes, kNew) {}

  std::vector<std::size_t> find() {
    if (walk(wiring_.first)) return loop_;
    for (std::size_t node = 0; node < wiring_.nodes; ++node) {
      if (state_[node] == kNew && walk(node)) return loop_;
    }
    return {};
  }

 private:
  enum State : char { kNew, kOnPath, kDone };

  struct Place {
    std::size_t node;
    std::size_t next;     // the next of its links to follow
    std::size_t arrived;  // the link that led here
  };

  bool walk(std::size_t start) {
    std::vector<Place> path{{start, 0, 0}};
    state_[start] = kOnPath;
    while (!path.empty()) {
      auto& place = path.back();
      if (place.next == from_[place.node].size()) {
        state_[place.node] = kDone;
        path.pop_back();
        continue;
      }
      const auto link = from_[place.node][place.next++];
      if (wiring_.links[link].late) continue;
      const auto to = wiring_.links[link].to;
      if (state_[to] == kOnPath) {
        close(path, to, link);
        return true;
      }
      if (state_[to] != kNew) continue;
      state_[to] = kOnPath;
      path.push_back({to, 0, link});
    }
    return false;
  }

  void close(const std::vector<Place>& path, std::size_t to, std::size_t link) {
    auto at = path.size();
    while (path[at - 1].node != to) --at;
    for (; at < path.size(); ++at) loop_.push_back(path[at].arrived);
    loop_.push_back(link);
  }

  const Wiring& wiring_;
  std::vector<std::vector<std::size_t>> from_;
  std::vector<State> state_;
  std::vector<std::size_t> loop_;
};

[[noreturn]] void refuse(const Wiring& wiring, const std::vector<std::size_t>& loop,
                         const std::vector<std::string>& names, const std::string& source) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(loop.size(), kMost); ++i) {
    text += fmt::format("'{}' -> ", names[wiring.links[loop[i]].from]);
  }
  if (loop.size() > kMost) text += "... -> ";
  text += fmt::format("'{}'", names[wiring.links[loop.back()].to]);
  fail(ErrorKind::kInput,
       "{}: the loop {} has no memory: expected a layer of neurons or a Delay of at least one step "
       "in it",
       source, text);
}

}  // namespace

std::vector<std::vector<std::size_t>> Wiring::links_from() const {
  std::vector<std::vector<std::size_t>> from(nodes);
  for (std::size_t i = 0; i < links.size(); ++i) from[links[i].from].push_back(i);
  return from;
}

void break_loops(Wiring& wiring, const std::vector<std::string>& names, const std::string& source) {
  for (auto loop = LoopFinder(wiring).find(); !loop.empty(); loop = LoopFinder(wiring).find()) {
    const auto begins = [&](std::size_t link) { return wiring.links[link].from; };
    const auto delay = std::find_if(loop.begin(), loop.end(), [&](std::size_t link) {
      return wiring.delays[begins(link)] != 0;
    });
    if (delay != loop.end()) {
      const auto node = begins(*delay);
      for (auto& link : wiring.links) link.late = link.late || link.to == node;
      wiring.delays[node] = 0;
      continue;
    }
    const auto neuron = std::find_if(loop.rbegin(), loop.rend(), [&](std::size_t link) {
      return wiring.neuron[begins(link)] != 0;
    });
    if (neuron == loop.rend()) refuse(wiring, loop, names, source);
    wiring.links[*neuron].late = true;
  }
}

std::vector<std::size_t> order(const Wiring& wiring) {
  std::vector<std::size_t> waits(wiring.nodes);
  for (const auto& link : wiring.links) waits[link.to] += link.late ? 0 : 1;
  std::set<std::size_t> ready;
  for (std::size_t node = 0; node < wiring.nodes; ++node) {
    if (waits[node] == 0) ready.insert(node);
  }
  const auto from = wiring.links_from();
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const auto node = *ready.begin();
    ready.erase(ready.begin());
    if (node != wiring.last) order.push_back(node);
    for (const auto link : from[node]) {
      if (wiring.links[link].late) continue;
      if (--waits[wiring.links[link].to] == 0) ready.insert(wiring.links[link].to);
    }
  }
  order.push_back(wiring.last);
  return order;
}

}  // namespace staa::nir
