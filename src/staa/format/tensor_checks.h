#pragma once

#include <vector>

#include "staa/format/model_file.h"
#include "staa/format/safetensors.h"

namespace staa::format {

/// Checks that a file holds the tensors of `needs` and no others, of the right types and shapes,
/// aligned, and finite. Throws Error(kInput) naming the file and the tensor.
void check_tensors(const SafetensorsReader& reader, const std::vector<TensorNeed>& needs);

/// Values of a float tensor that check_tensors has seen.
const float* float_values(const SafetensorsReader& reader, const std::string& name);

}  // namespace staa::format
