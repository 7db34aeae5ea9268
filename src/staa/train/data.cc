#include "staa/train/data.h"

#include <algorithm>

#include "staa/util/error.h"

namespace staa::train {
namespace {

data::SampleShape shape_of(const torch::Tensor& input) {
  switch (input.dim()) {
    case 1:
      return {1, input.size(0), 1, 1, /*pixels=*/false};
    case 2:
      return {input.size(0), input.size(1), 1, 1, /*pixels=*/false};
    case 3:
      return {1, input.size(0), input.size(1), input.size(2)};
    case 4:
      return {input.size(0), input.size(1), input.size(2), input.size(3)};
    default:
      fail(ErrorKind::kInput,
           "sample 0: expected an input [C, H, W], [T, C, H, W], [C] or [T, C], found {}",
           c10::str(input.sizes()));
  }
}

/// Adapts a user-defined data set to the loader.
class OwnSamples : public data::Source {
 public:
  OwnSamples(std::int64_t size, std::function<Sample(std::int64_t, Random&)> get)
      : size_(size), get_(std::move(get)) {
    if (size_ < 1) fail(ErrorKind::kInput, "{}: expected at least one sample, found none", name_);
    Random random{0};
    const auto first = get_(0, random).input;
    dimensions_ = first.sizes().vec();
    shape_ = shape_of(first);
  }

  const std::string& name() const override { return name_; }
  std::int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::int64_t label(std::int64_t index) const override {
    Random random{0};
    return get_(index, random).label;
  }
  data::SampleShape shape() const override { return shape_; }

  void read(std::int64_t index, Random& random, float* out) const override {
    read_labelled(index, random, out);
  }

  std::int64_t read_labelled(std::int64_t index, Random& random, float* out) const override {
    const torch::NoGradGuard no_grad;
    const auto [input, label] = get_(index, random);
    if (input.sizes() != torch::IntArrayRef(dimensions_)) {
      fail(ErrorKind::kInput, "sample {}: expected an input {} like the first, found {}", index,
           c10::str(torch::IntArrayRef(dimensions_)), c10::str(input.sizes()));
    }
    auto values = input.to(torch::kCPU, torch::kFloat);
    if (shape_.pixels) values = values.movedim(-3, -1);
    values = values.contiguous();
    std::copy_n(values.data_ptr<float>(), values.numel(), out);
    return label;
  }

 private:
  std::string name_ = "samples of the program's own";
  std::vector<std::string> classes_;
  std::vector<std::int64_t> dimensions_;
  data::SampleShape shape_;
  std::int64_t size_;
  std::function<Sample(std::int64_t, Random&)> get_;
};

}  // namespace

std::shared_ptr<const data::Source> Data::wrap(std::int64_t size, Get get) {
  return std::make_shared<OwnSamples>(size, std::move(get));
}

}  // namespace staa::train
