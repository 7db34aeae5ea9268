// Layers that change single values or their order.
#include <algorithm>

#include "staa/runtime/graph/constants.h"
#include "staa/runtime/graph/operation.h"

namespace staa::runtime {
namespace {

class Scale : public Operation {
 public:
  Scale(const format::GraphFile& file, const format::Layer& layer)
      : scale_(tensor(file, layer, "scale")) {}

  bool lists(bool input_listed) const override { return input_listed; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    out.clear();
    const auto sparse = in.sparse();
    for (std::size_t n = 0; n < sparse.count; ++n) {
      const auto at = sparse.active == nullptr ? static_cast<std::uint32_t>(n) : sparse.active[n];
      const float value = in.values[at] * scale_[constant_at(at, scale_.size())];
      if (out.listed) {
        out.put(at, value);
      } else {
        out.values[at] = value;
      }
    }
  }

  double products(const Signal& in) const override {
    return static_cast<double>(in.sparse().count);
  }

 private:
  kernels::LineVector<float> scale_;
};

/// Joins dimensions in row-major order with channels first, as NumPy and PyTorch do. Since images
/// here have their channels last, values change places.
class Flatten : public Operation {
 public:
  Flatten(const format::GraphFile& file, const format::Layer& layer) {
    const auto in = input_extent(file, layer);
    const auto out = format::extent_of(layer.shape);
    places_.resize(size_of(in.values()));
    for (std::int64_t i = 0; i < in.values(); ++i) {
      const auto channel = i % in.channels;
      const auto pixel = i / in.channels;
      const auto channels_first = channel * in.pixels() + pixel;
      const auto to = channels_first % out.pixels() * out.channels + channels_first / out.pixels();
      places_[size_of(i)] = static_cast<std::uint32_t>(to);
    }
  }

  bool lists(bool input_listed) const override { return input_listed; }
  bool binary(bool input_binary) const override { return input_binary; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    if (!out.listed) {
      for (std::size_t i = 0; i < places_.size(); ++i) out.values[places_[i]] = in.values[i];
      return;
    }
    out.clear();
    for (std::size_t n = 0; n < in.count; ++n) {
      out.put(places_[in.active[n]], in.values[in.active[n]]);
    }
  }

 private:
  std::vector<std::uint32_t> places_;
};

class Sum : public Operation {
 public:
  bool lists(bool input_listed) const override { return input_listed; }
  bool binary(bool input_binary) const override { return input_binary; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    if (!out.listed) {
      std::copy(in.values.begin(), in.values.end(), out.values.begin());
      return;
    }
    out.clear();
    for (std::size_t n = 0; n < in.count; ++n) out.put(in.active[n], in.values[in.active[n]]);
  }
};

}  // namespace

std::unique_ptr<Operation> make_scale(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<Scale>(file, layer);
}

std::unique_ptr<Operation> make_flatten(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<Flatten>(file, layer);
}

std::unique_ptr<Operation> make_sum(const format::GraphFile&, const format::Layer&) {
  return std::make_unique<Sum>();
}

}  // namespace staa::runtime
