#undef _FORTIFY_SOURCE  // its longjmp refuses to switch between stacks
#include "kernels_cuda/fibres.h"

#include <setjmp.h>
#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "staa/util/random.h"

namespace staa::test {
namespace {

constexpr std::size_t kStack = 64 << 10;

struct Fibre {
  jmp_buf place;
  Barrier* waits_at = nullptr;
  std::size_t generation = 0;
  bool started = false;
  bool finished = false;

  bool ready() const {
    return !finished && (waits_at == nullptr || waits_at->generation != generation);
  }
};

/// The fibres of a run. Stacks are switched with longjmp, which makes no system call.
struct Run {
  const std::function<void(std::size_t)>* body = nullptr;
  std::vector<Fibre> fibres;
  jmp_buf scheduler;
  std::size_t current = 0;
};

Run* run = nullptr;

void start() {
  const auto own = run->current;
  (*run->body)(own);
  run->fibres[own].finished = true;
  _longjmp(run->scheduler, 1);
}

char* stack_of(std::size_t fibre) {
  static std::vector<std::unique_ptr<char[]>> stacks;
  while (stacks.size() <= fibre) stacks.emplace_back(new char[kStack]);
  return stacks[fibre].get();
}

void resume(std::size_t index) {
  auto& fibre = run->fibres[index];
  run->current = index;
  if (_setjmp(run->scheduler) != 0) return;
  if (fibre.started) _longjmp(fibre.place, 1);
  fibre.started = true;
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = stack_of(index);
  context.uc_stack.ss_size = kStack;
  context.uc_link = nullptr;
  makecontext(&context, start, 0);
  setcontext(&context);
}

}  // namespace

void run_fibres(std::size_t count, std::uint64_t seed,
                const std::function<void(std::size_t)>& body) {
  Run own;
  own.body = &body;
  own.fibres.resize(count);
  run = &own;
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random{seed};
  // Rounds in which all fibres run alternate with phases in which a range of them runs as far as it
  // can.
  std::size_t first = 0;
  std::size_t last = count;
  const auto below = [&](std::size_t size) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(size)));
  };
  for (;;) {
    // Rotate the order, and sometimes reverse it: a full shuffle would cost more than the fibres.
    std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(below(count)),
                order.end());
    if (random.chance(0.5)) std::reverse(order.begin(), order.end());
    bool moved = false;
    for (const auto index : order) {
      if (index < first || index >= last || !own.fibres[index].ready()) continue;
      resume(index);
      moved = true;
    }
    const bool all = first == 0 && last == count;
    if (all && !moved) break;
    if (all) {
      first = below(count);
      last = first + 1 + below(count - first);
    } else if (!moved) {
      first = 0;
      last = count;
    }
  }
  run = nullptr;
  if (std::any_of(own.fibres.begin(), own.fibres.end(),
                  [](const Fibre& fibre) { return !fibre.finished; })) {
    throw std::runtime_error("threads wait at a barrier that others do not come to");
  }
}

void wait_at(Barrier& barrier) {
  if (++barrier.arrived == barrier.needed) {
    barrier.arrived = 0;
    ++barrier.generation;
    return;
  }
  auto& fibre = run->fibres[run->current];
  fibre.waits_at = &barrier;
  fibre.generation = barrier.generation;
  if (_setjmp(fibre.place) == 0) _longjmp(run->scheduler, 1);
}

}  // namespace staa::test
