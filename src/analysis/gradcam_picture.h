#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "staa/analysis/gradcam.h"
#include "staa/data/image.h"

namespace staa::analysis {

/// The least and largest value that a map's colours stand for.
struct Range {
  double low = 0;
  double high = 0;
};

/// What a map holds. A Grad-CAM's range starts at 0, which `from_zero` says.
Range range_of(const torch::Tensor& map, bool from_zero);

/// "0-0.0031" for under a picture.
std::string describe(const Range& range);

/// A map [H, W] as colours of its range, a pixel a value.
data::Image map_image(const torch::Tensor& map, const Range& range);

/// One network's view of the sample.
struct View {
  std::string title;  ///< what network, and what it takes the sample for
  data::Image frame;  ///< RGB, the mean of what it read, under its maps
  Explanation explanation;
};

/// A picture of the input `frames` (RGB, of one shape) under a caption, and below it the maps of
/// every view side by side, one row a layer from shallow to deep: Grad-CAM, the same over the
/// input, and where the network has them GC's attention to X and to the membrane (averaged over
/// time) and SA's gates (a row a channel, a column a time step). Under each map stands its range; a
/// scale at the foot says what the colours are in it. A layer that a view has not leaves a gap.
data::Image draw_explanations(const std::string& caption, const std::vector<data::Image>& frames,
                              const std::vector<View>& views);

}  // namespace staa::analysis
