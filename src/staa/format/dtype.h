#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace staa::format {

/// Element types of a safetensors file.
enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };

/// "F32", as the format spells it.
std::string dtype_name(DType dtype);

/// The type of that name, or nothing.
std::optional<DType> dtype_from_name(std::string_view name);

/// Bytes of one element.
std::uint64_t dtype_bytes(DType dtype);

}  // namespace staa::format
