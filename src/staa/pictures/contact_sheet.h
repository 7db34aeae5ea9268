#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/loading/loader.h"
#include "staa/data/normalisation.h"
#include "staa/data/source.h"

namespace staa::pictures {

/// Draws all samples of a batch as the network reads them, each above the name of its class. Still
/// images are arranged in rows of `columns`. A sample of several steps has its own row, with its
/// steps side by side. The colours are those of frame_image: `normalisation` is undone; if it is
/// empty, the largest value of each sample has full brightness. Throws Error(kUsage) unless samples
/// have one to three channels and `columns` is at least 1. Throws Error(kInput) for a sheet of more
/// than data::kMaxImagePixels.
data::Image contact_sheet(const data::Batch& batch, const data::SampleShape& shape,
                          const std::vector<std::string>& classes,
                          const data::Normalisation& normalisation, std::int64_t columns);

}  // namespace staa::pictures
