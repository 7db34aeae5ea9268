#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/loader.h"
#include "staa/data/normalisation.h"

namespace staa::data {

/// A picture of all samples of a batch as the network reads them, each with its class's name. Still
/// images stand `columns` a row, the steps of a sample with several beside each other, a row a
/// sample. One channel is grey, three are RGB; of two, event frames, the first is blue and the
/// second red. `normalisation` is undone; where it is empty the largest value of a sample is the
/// brightest. Throws Error(kUsage) for more than three channels, less than one column or a sheet of
/// more than kMaxImagePixels.
Image contact_sheet(const Batch& batch, const SampleShape& shape,
                    const std::vector<std::string>& classes, const Normalisation& normalisation,
                    std::int64_t columns);

}  // namespace staa::data
