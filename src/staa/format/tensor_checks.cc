#include "staa/format/tensor_checks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "staa/util/error.h"

namespace staa::format {
namespace {

std::string describe(DType dtype, const std::vector<std::int64_t>& shape) {
  return dtype_name(dtype) + " " + nlohmann::json(shape).dump();
}

/// Without a way out in the middle, so that it runs in vectors.
bool all_finite(const float* values, std::uint64_t size) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t bad = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof bits);
    bad |= (bits & kExponent) == kExponent ? 1U : 0U;
  }
  return bad == 0;
}

}  // namespace

void check_tensors(const SafetensorsReader& reader, const std::vector<TensorNeed>& needs) {
  const auto& source = reader.source();
  for (const auto& need : needs) {
    const auto* tensor = reader.find(need.name);
    if (tensor == nullptr) {
      fail(ErrorKind::kInput, "{}: tensor '{}' is missing", source, need.name);
    }
    if (tensor->dtype != need.dtype || tensor->shape != need.shape) {
      fail(ErrorKind::kInput, "{}: tensor '{}': expected {}, found {}", source, need.name,
           describe(need.dtype, need.shape), describe(tensor->dtype, tensor->shape));
    }
    if (need.dtype != DType::kF32) continue;
    if (tensor->offset % alignof(float) != 0) {
      fail(ErrorKind::kInput, "{}: tensor '{}' lies unaligned, at offset {}", source, need.name,
           tensor->offset);
    }
    const float* values = float_values(reader, need.name);
    const auto size = tensor->bytes / sizeof(float);
    if (all_finite(values, size)) continue;
    const auto* bad =
        std::find_if(values, values + size, [](float v) { return !std::isfinite(v); });
    fail(ErrorKind::kInput, "{}: tensor '{}': value {} is not finite", source, need.name,
         bad - values);
  }
  if (needs.size() == reader.tensors().size()) return;
  fail(ErrorKind::kInput, "{}: the graph needs {} tensors, the file holds {}", source, needs.size(),
       reader.tensors().size());
}

const float* float_values(const SafetensorsReader& reader, const std::string& name) {
  // The reader's memory is aligned, and check_tensors saw to the offset.
  return reinterpret_cast<const float*>(reader.data(*reader.find(name)));
}

}  // namespace staa::format
