// Layers with weights.
#include <algorithm>

#include "staa/kernels/transpose.h"
#include "staa/runtime/graph/constants.h"
#include "staa/runtime/graph/operation.h"

namespace staa::runtime {
namespace {

class ConvolutionOperation : public Operation {
 public:
  ConvolutionOperation(const format::GraphFile& file, const format::Layer& layer)
      : bias_(tensor(file, layer, "bias")) {
    const auto in = input_extent(file, layer);
    const auto out = format::extent_of(layer.shape);
    const auto& sweep = layer.sweep;
    shape_.width = size_of(in.width);
    shape_.channels = size_of(in.channels);
    shape_.out_width = size_of(out.width);
    shape_.out = size_of(out.channels);
    shape_.groups = size_of(layer.groups);
    shape_.kernel_rows = size_of(sweep.kernel.rows);
    shape_.kernel_columns = size_of(sweep.kernel.columns);
    shape_.rows = {size_of(in.height),         size_of(out.height),
                   shape_.kernel_rows,         size_of(sweep.stride.rows),
                   size_of(sweep.before.rows), size_of(sweep.dilation.rows)};
    shape_.columns = {size_of(in.width),
                      size_of(out.width),
                      shape_.kernel_columns,
                      size_of(sweep.stride.columns),
                      size_of(sweep.before.columns),
                      size_of(sweep.dilation.columns)};
    shape_.side_by_side =
        layer.groups == 1 && sweep.stride.columns == 1 && sweep.dilation.columns == 1;
    const auto weights = tensor(file, layer, "weight");
    weights_.resize(weights.size());
    kernels::order_scatter_weights(shape_, weights.data(), weights_.data());
  }

  bool lists(bool) const override { return false; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    for (auto at = out.values.begin(); at != out.values.end();) {
      at = std::copy(bias_.begin(), bias_.end(), at);
    }
    kernels::scatter_convolution(shape_, weights_.data(), in.sparse(), out.values.data());
  }

  double products(const Signal& in) const override {
    std::size_t taps = 0;
    const auto sparse = in.sparse();
    for (std::size_t n = 0; n < sparse.count; ++n) {
      const auto pixel = (sparse.active == nullptr ? n : sparse.active[n]) / shape_.channels;
      taps += shape_.rows.size(pixel / shape_.width) * shape_.columns.size(pixel % shape_.width);
    }
    const auto out_per_group = shape_.out / shape_.groups;
    return static_cast<double>(taps) * static_cast<double>(out_per_group);
  }

 private:
  kernels::ScatterConvolution shape_;
  kernels::LineVector<float> weights_;
  kernels::LineVector<float> bias_;
};

class Linear : public Operation {
 public:
  Linear(const format::GraphFile& file, const format::Layer& layer)
      : bias_(tensor(file, layer, "bias")) {
    const auto weights = tensor(file, layer, "weight");
    weights_.resize(weights.size());
    kernels::transpose(weights.data(), bias_.size(), weights.size() / bias_.size(),
                       weights_.data());
  }

  bool lists(bool) const override { return false; }

  void run(const Signal& in, Memory&, Signal& out) const override {
    std::copy(bias_.begin(), bias_.end(), out.values.begin());
    kernels::scatter_matrix(bias_.size(), weights_.data(), in.sparse(), out.values.data());
  }

  double products(const Signal& in) const override {
    return static_cast<double>(in.sparse().count) * static_cast<double>(bias_.size());
  }

 private:
  kernels::LineVector<float> weights_;  // [in, out]
  kernels::LineVector<float> bias_;
};

}  // namespace

std::unique_ptr<Operation> make_convolution(const format::GraphFile& file,
                                            const format::Layer& layer) {
  return std::make_unique<ConvolutionOperation>(file, layer);
}

std::unique_ptr<Operation> make_linear(const format::GraphFile& file, const format::Layer& layer) {
  return std::make_unique<Linear>(file, layer);
}

}  // namespace staa::runtime
