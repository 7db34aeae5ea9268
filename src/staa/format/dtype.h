#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace staa::format {

/// The element types of a safetensors file.
enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };

/// The name in the format, such as "F32".
std::string dtype_name(DType dtype);

/// The type with that name, or nothing.
std::optional<DType> dtype_from_name(std::string_view name);

/// The size of one element in bytes.
std::uint64_t dtype_bytes(DType dtype);

}  // namespace staa::format
