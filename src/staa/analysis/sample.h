#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/input.h"
#include "staa/data/source.h"

namespace staa::analysis {

/// One sample as a network reads it and as a person sees it.
struct Sample {
  torch::Tensor values;             ///< [1, C, H, W] of an image, [T, 1, C, H, W] of a recording
  std::vector<data::Image> frames;  ///< RGB, one a step
  std::int64_t label = -1;          ///< -1: not known

  /// The mean of all frames.
  data::Image mean_frame() const;
};

/// Sample `index` of `source`, which gives what `input` describes. Throws Error(kUsage) for an
/// index that it has not.
Sample read_sample(const data::Source& source, std::int64_t index,
                   const data::InputDescription& input);

/// A PNG or JPEG of any size as the network would read it: its middle, resized and normalised.
/// Throws Error(kUsage) for a network that reads recordings of events.
Sample read_image(const std::filesystem::path& path, const data::InputDescription& input);

}  // namespace staa::analysis
