#pragma once

#include <vector>

#include "staa/format/model_file.h"
#include "staa/format/safetensors.h"

namespace staa::format {

/// Checks that a file holds exactly the tensors of `needs`, with the right types and shapes,
/// aligned and with finite values. Throws Error(kInput) naming the file and the tensor.
void check_tensors(const SafetensorsReader& reader, const std::vector<TensorNeed>& needs);

/// The values of a float tensor that check_tensors() has checked.
const float* float_values(const SafetensorsReader& reader, const std::string& name);

}  // namespace staa::format
