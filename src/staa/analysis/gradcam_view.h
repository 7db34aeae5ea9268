#pragma once

#include <string>

#include "staa/analysis/gradcam.h"
#include "staa/data/image.h"
#include "staa/pictures/map_picture.h"

namespace staa::analysis {

/// The maps of `explanation` as a view for pictures::map_picture, with the `title` and the `frame`
/// (RGB, what the network read) that are given. Its columns are "Grad-CAM", the same maps "over
/// input", the attention "GC of X" and "GC of H" to the membrane (averaged over time), and "SA
/// gates" (one row per channel and one column per time step). A column that no layer has is left
/// out.
pictures::View gradcam_view(std::string title, data::Image frame, const Explanation& explanation);

}  // namespace staa::analysis
