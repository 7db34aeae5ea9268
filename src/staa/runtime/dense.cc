#include "staa/runtime/dense.h"

#include "staa/kernels/inference/currents.h"

namespace staa::runtime {
namespace {

kernels::ImageShape shape_of(const format::Extent& extent) {
  return {static_cast<std::size_t>(extent.height), static_cast<std::size_t>(extent.width),
          static_cast<std::size_t>(extent.channels)};
}

}  // namespace

void whiten(const format::Extent& image, const float* values, const std::vector<float>& weight,
            const format::Extent& shape, float* out) {
  kernels::whiten_patches(shape_of(image), values, weight.data(),
                          static_cast<std::size_t>(shape.channels), out);
}

void make_current(const format::Node& node, const std::vector<float>& scale,
                  const std::vector<float>& bias, const format::Extent& from, const float* y,
                  const EarlierCurrent& earlier, float* out) {
  kernels::Current current;
  current.y = shape_of(from);
  current.max_pool = node.current.max_pool;
  current.scale = scale.data();
  current.bias = bias.data();
  if (earlier.values != nullptr) {
    current.gain = static_cast<float>(node.current.gain);
    current.earlier = earlier.values;
    current.earlier_shape = shape_of(earlier.shape);
    current.halved =
        earlier.shape.height != node.shape.height || earlier.shape.width != node.shape.width;
  }
  kernels::make_current(current, y, out);
}

}  // namespace staa::runtime
