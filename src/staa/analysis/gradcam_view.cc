#include "staa/analysis/gradcam_view.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace staa::analysis {
namespace {

/// A column of the view and where its maps come from.
struct MapSource {
  pictures::MapColumn column;
  torch::Tensor (*map)(const LayerMaps&);  ///< [H, W], undefined if the layer has none
};

torch::Tensor mean_over_time(const torch::Tensor& maps) {
  return maps.defined() ? maps.mean(0) : maps;
}

const std::vector<MapSource>& all_sources() {
  static const std::vector<MapSource> sources{
      {{"Grad-CAM", /*from_zero=*/true}, [](const LayerMaps& maps) { return maps.cam; }},
      {{"over input", /*from_zero=*/true, /*over_input=*/true},
       [](const LayerMaps& maps) { return maps.cam; }},
      {{"GC of X"}, [](const LayerMaps& maps) { return mean_over_time(maps.attention_x); }},
      {{"GC of H"}, [](const LayerMaps& maps) { return mean_over_time(maps.attention_h); }},
      {{"SA gates"},
       [](const LayerMaps& maps) { return maps.gates.defined() ? maps.gates.t() : maps.gates; }}};
  return sources;
}

pictures::Map to_map(const torch::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const auto values = tensor.to(torch::kFloat).contiguous();
  const auto* first = values.data_ptr<float>();
  return {values.size(0), values.size(1), {first, first + values.numel()}};
}

}  // namespace

pictures::View gradcam_view(std::string title, data::Image frame, const Explanation& explanation) {
  pictures::View view{std::move(title), std::move(frame), {}, {}};
  for (const auto& layer : explanation.layers) view.layers.push_back({layer.name, {}});
  for (const auto& source : all_sources()) {
    const auto& layers = explanation.layers;
    if (std::none_of(layers.begin(), layers.end(),
                     [&](const LayerMaps& maps) { return source.map(maps).defined(); })) {
      continue;
    }
    view.columns.push_back(source.column);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      view.layers[i].maps.push_back(to_map(source.map(layers[i])));
    }
  }
  return view;
}

}  // namespace staa::analysis
