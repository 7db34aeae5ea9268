#pragma once

#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/pictures/map_image.h"

namespace staa::pictures {

/// What the maps under one heading have in common.
struct MapColumn {
  std::string heading;
  bool from_zero = false;   ///< their ranges start at 0, and not at the least value
  bool over_input = false;  ///< they are drawn over the view's frame
};

/// The maps of one layer.
struct LayerMaps {
  std::string name;
  std::vector<Map> maps;  ///< one per column of the view, empty where the layer has none
};

/// One network's view of a sample.
struct View {
  std::string title;
  data::Image frame;  ///< RGB, the input that maps are drawn over
  std::vector<MapColumn> columns;
  std::vector<LayerMaps> layers;  ///< from shallow to deep
};

/// A picture of the input `frames` (RGB, all of one shape) under a caption. Below them stand the
/// maps of all views side by side, with one row per layer. A layer that a view does not have leaves
/// a gap in its row, and so does a map that is empty. Under each map stands its range, and a scale
/// at the foot shows which colour stands for which part of the range. Throws Error(kUsage) where
/// there are no frames or a layer has more or fewer maps than its view has columns, and
/// Error(kInput) for a picture of more than data::kMaxImagePixels.
data::Image map_picture(const std::string& caption, const std::vector<data::Image>& frames,
                        const std::vector<View>& views);

}  // namespace staa::pictures
