#include "staa/format/tensor_checks.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "staa/util/error.h"

namespace staa::format {
namespace {

std::string describe(DType dtype, const std::vector<std::int64_t>& shape) {
  return dtype_name(dtype) + " " + nlohmann::json(shape).dump();
}

/// The index of the first value with all exponent bits set, or `size`. A first loop without an
/// early exit, which can be vectorised, only finds out whether there is one.
template <class Bits>
std::uint64_t first_not_finite(const Bits* values, std::uint64_t size, Bits exponent) {
  std::uint32_t bad = 0;
  for (std::uint64_t i = 0; i < size; ++i) bad |= (values[i] & exponent) == exponent ? 1U : 0U;
  if (bad == 0) return size;
  return static_cast<std::uint64_t>(
      std::find_if(values, values + size,
                   [&](Bits bits) { return (bits & exponent) == exponent; }) -
      values);
}

std::uint64_t first_not_finite(DType dtype, const std::uint8_t* data, std::uint64_t size) {
  constexpr std::uint32_t kOfFloat = 0x7F800000;
  constexpr std::uint16_t kOfBf16 = 0x7F80;
  if (dtype == DType::kF32) {
    return first_not_finite(reinterpret_cast<const std::uint32_t*>(data), size, kOfFloat);
  }
  if (dtype == DType::kBF16) {
    return first_not_finite(reinterpret_cast<const std::uint16_t*>(data), size, kOfBf16);
  }
  return size;
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
    if (tensor->offset % dtype_bytes(need.dtype) != 0) {
      fail(ErrorKind::kInput, "{}: tensor '{}' lies unaligned, at offset {}", source, need.name,
           tensor->offset);
    }
    const auto size = tensor->bytes / dtype_bytes(need.dtype);
    const auto bad = first_not_finite(need.dtype, reader.data(*tensor), size);
    if (bad == size) continue;
    fail(ErrorKind::kInput, "{}: tensor '{}': value {} is not finite", source, need.name, bad);
  }
  if (needs.size() == reader.tensors().size()) return;
  fail(ErrorKind::kInput, "{}: the graph needs {} tensors, the file holds {}", source, needs.size(),
       reader.tensors().size());
}

const float* float_values(const SafetensorsReader& reader, const std::string& name) {
  // The reader's memory is aligned, and check_tensors() has checked the offset.
  return reinterpret_cast<const float*>(reader.data(*reader.find(name)));
}

}  // namespace staa::format
