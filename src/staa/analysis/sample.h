#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/input.h"
#include "staa/data/source.h"

namespace staa::analysis {

/// One sample, both as the network reads it and as pictures.
struct ViewedSample {
  torch::Tensor values;             ///< [T, 1, C, H, W], T = 1 for an image
  std::vector<data::Image> frames;  ///< RGB, one per time step
  std::int64_t label = -1;          ///< -1: unknown

  /// The average of all frames.
  data::Image mean_frame() const;
};

/// Reads sample `index` of `source`, which must match `input`. Throws Error(kUsage) if there is no
/// such index.
ViewedSample read_sample(const data::Source& source, std::int64_t index,
                         const data::InputDescription& input);

/// Reads a PNG or JPEG of any size as the network would: crops its centre, resizes and normalises
/// it. Throws Error(kUsage) for a network that reads event recordings.
ViewedSample read_image(const std::filesystem::path& path, const data::InputDescription& input);

}  // namespace staa::analysis
