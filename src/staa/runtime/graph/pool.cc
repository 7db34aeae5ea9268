#include "staa/runtime/graph/constants.h"
#include "staa/runtime/graph/operation.h"

namespace staa::runtime {
namespace {

/// Adds each input value to the outputs that it reaches, as convolutions do.
class PoolOperation : public Operation {
 public:
  PoolOperation(const format::GraphFile& file, const format::Layer& layer)
      : factor_(static_cast<float>(layer.factor)) {
    const auto in = input_extent(file, layer);
    const auto out = format::extent_of(layer.shape);
    const auto& sweep = layer.sweep;
    width_ = size_of(in.width);
    channels_ = size_of(in.channels);
    out_width_ = size_of(out.width);
    out_values_ = size_of(out.values());
    rows_ = {size_of(in.height),         size_of(out.height),        size_of(sweep.kernel.rows),
             size_of(sweep.stride.rows), size_of(sweep.before.rows), 1};
    columns_ = {size_of(in.width),
                size_of(out.width),
                size_of(sweep.kernel.columns),
                size_of(sweep.stride.columns),
                size_of(sweep.before.columns),
                1};
  }

  bool lists(bool input_listed) const override { return input_listed; }

  Memory memory() const override {
    Memory memory;
    memory.marks.resize(out_values_);
    return memory;
  }

  void run(const Signal& in, Memory& memory, Signal& out) const override {
    out.clear();
    const auto sparse = in.sparse();
    for (std::size_t n = 0; n < sparse.count; ++n) {
      const auto at = sparse.active == nullptr ? n : sparse.active[n];
      const float value = in.values[at];
      if (value == 0) continue;
      const auto pixel = at / channels_;
      const auto channel = at % channels_;
      const auto y = pixel / width_;
      const auto x = pixel % width_;
      for (const auto* row = rows_.begin(y); row != rows_.end(y); ++row) {
        for (const auto* column = columns_.begin(x); column != columns_.end(x); ++column) {
          const auto to = (row->out * out_width_ + column->out) * channels_ + channel;
          if (out.listed && memory.marks[to] == 0) {
            memory.marks[to] = 1;
            out.active[out.count++] = static_cast<std::uint32_t>(to);
          }
          out.values[to] += value;
        }
      }
    }
    for (std::size_t n = 0; n < out.count; ++n) memory.marks[out.active[n]] = 0;
    if (factor_ == 1) return;
    if (!out.listed) {
      for (auto& value : out.values) value *= factor_;
    }
    for (std::size_t n = 0; n < out.count; ++n) out.values[out.active[n]] *= factor_;
  }

 private:
  std::size_t width_ = 0;  // of the input
  std::size_t channels_ = 0;
  std::size_t out_width_ = 0;
  std::size_t out_values_ = 0;
  float factor_;
  kernels::Taps rows_;
  kernels::Taps columns_;
};

}  // namespace

std::unique_ptr<Operation> make_pool(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<PoolOperation>(file, layer);
}

}  // namespace staa::runtime
