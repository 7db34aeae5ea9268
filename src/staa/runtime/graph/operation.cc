#include "staa/runtime/graph/operation.h"

namespace staa::runtime {

using format::LayerKind;

std::unique_ptr<Operation> make_operation(const format::GraphFile& file,
                                          const format::Layer& layer) {
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return make_convolution(file, layer);
    case LayerKind::kLinear:
      return make_linear(file, layer);
    case LayerKind::kScale:
      return make_scale(file, layer);
    case LayerKind::kPool:
      return make_pool(file, layer);
    case LayerKind::kFlatten:
      return make_flatten(file, layer);
    case LayerKind::kNeuron:
      return make_neurons(file, layer);
    case LayerKind::kThreshold:
      return make_threshold(file, layer);
    case LayerKind::kDelay:
      return make_delay(file, layer);
    case LayerKind::kSum:
      return make_sum(file, layer);
  }
  return make_sum(file, layer);
}

}  // namespace staa::runtime
