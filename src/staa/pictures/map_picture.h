#pragma once

#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/pictures/map_image.h"

namespace staa::pictures {

/// What all maps under one heading have in common.
struct MapColumn {
  std::string heading;
  bool from_zero = false;   ///< the maps' ranges start at 0 instead of at their minimum
  bool over_input = false;  ///< the maps are drawn over the view's frame
};

/// The maps of one layer.
struct LayerMaps {
  std::string name;
  std::vector<Map> maps;  ///< one per column of the view; empty if the layer has none
};

/// One network's view of a sample.
struct View {
  std::string title;
  data::Image frame;  ///< RGB, the input that maps are drawn over
  std::vector<MapColumn> columns;
  std::vector<LayerMaps> layers;  ///< from shallow to deep
};

/// Draws the input `frames` (RGB, all of the same shape) under a caption. Below them are the maps
/// of all views, side by side, with one row per layer. A missing layer of a view, or an empty map,
/// leaves a gap in its row. The range of each map is written under it, and a scale at the bottom
/// shows the colours of a range. Throws Error(kUsage) if there are no frames or if a layer does not
/// have one map per column of its view. Throws Error(kInput) for a picture of more than
/// data::kMaxImagePixels.
data::Image map_picture(const std::string& caption, const std::vector<data::Image>& frames,
                        const std::vector<View>& views);

}  // namespace staa::pictures
