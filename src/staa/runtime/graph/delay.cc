#include <algorithm>

#include "staa/runtime/graph/constants.h"
#include "staa/runtime/graph/operation.h"

namespace staa::runtime {
namespace {

/// Keeps the last `longest` inputs in a ring.
class Delay : public Operation {
 public:
  Delay(const format::GraphFile& file, const format::Layer& layer)
      : longest_(size_of(layer.longest)),
        values_(size_of(format::extent_of(layer.shape).values())) {
    for (const float steps : tensor(file, layer, "delay")) {
      steps_.push_back(static_cast<std::size_t>(steps));
    }
  }

  bool lists(bool input_listed) const override { return input_listed; }
  bool binary(bool input_binary) const override { return input_binary; }
  bool stands_still() const override { return false; }

  Memory memory() const override {
    Memory memory;
    memory.past.resize(longest_ * values_);
    return memory;
  }

  void run(const Signal& in, Memory& memory, Signal& out) const override {
    out.clear();
    for (std::size_t i = 0; i < values_; ++i) {
      const auto steps = steps_[constant_at(i, steps_.size())];
      float value = in.values[i];
      if (steps > 0) {
        const auto turn = (memory.next + longest_ - steps) % longest_;
        value = memory.past[turn * values_ + i];
      }
      if (!out.listed) {
        out.values[i] = value;
      } else if (value != 0) {
        out.put(static_cast<std::uint32_t>(i), value);
      }
    }
    if (longest_ == 0) return;
    std::copy(in.values.begin(), in.values.end(), memory.past.begin() + offset(memory.next));
    memory.next = (memory.next + 1) % longest_;
  }

 private:
  std::ptrdiff_t offset(std::size_t turn) const {
    return static_cast<std::ptrdiff_t>(turn * values_);
  }

  std::size_t longest_;
  std::size_t values_;
  std::vector<std::size_t> steps_;
};

}  // namespace

std::unique_ptr<Operation> make_delay(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<Delay>(file, layer);
}

}  // namespace staa::runtime
