#include "staa/format/dtype.h"

#include <array>

namespace staa::format {
namespace {

struct Row {
  DType dtype;
  const char* name;
  std::uint64_t bytes;
};

constexpr std::array<Row, 10> kTable{{{DType::kF64, "F64", 8},
                                      {DType::kF32, "F32", 4},
                                      {DType::kF16, "F16", 2},
                                      {DType::kBF16, "BF16", 2},
                                      {DType::kI64, "I64", 8},
                                      {DType::kI32, "I32", 4},
                                      {DType::kI16, "I16", 2},
                                      {DType::kI8, "I8", 1},
                                      {DType::kU8, "U8", 1},
                                      {DType::kBool, "BOOL", 1}}};

const Row& row(DType dtype) {
  for (const auto& candidate : kTable) {
    if (candidate.dtype == dtype) return candidate;
  }
  return kTable[0];  // not reached: the table contains every enumerator
}

}  // namespace

std::string dtype_name(DType dtype) { return row(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const auto& candidate : kTable) {
    if (name == candidate.name) return candidate.dtype;
  }
  return std::nullopt;
}

std::uint64_t dtype_bytes(DType dtype) { return row(dtype).bytes; }

}  // namespace staa::format
