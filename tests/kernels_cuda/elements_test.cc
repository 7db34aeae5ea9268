#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "staa/kernels/cuda/arithmetic-inl.h"

namespace staa::kernels::cuda {
namespace {

/// Widening a half to float and narrowing it again gives the same half, unless it is NaN.
TEST(Halves, ComeBackFromFloats) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half half{static_cast<std::uint16_t>(bits)};
    const float value = widen(half);
    if (std::isnan(value)) continue;
    Half back{};
    narrow(value, back);
    ASSERT_EQ(back.bits, half.bits) << value;
  }
}

TEST(Halves, AreTheNearest) {
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = widen(Half{bits});
    const float high = widen(Half{static_cast<std::uint16_t>(bits + 1)});
    ASSERT_GT(high, low);
    Half found{};
    narrow(low + (high - low) * 0.375F, found);
    EXPECT_EQ(found.bits, bits);
    narrow(low + (high - low) * 0.625F, found);
    EXPECT_EQ(found.bits, bits + 1);
    narrow(low + (high - low) * 0.5F, found);
    EXPECT_EQ(found.bits, bits + bits % 2) << "ties go to the even one";
  }
}

TEST(Halves, EndInInfinity) {
  Half found{};
  narrow(65519.0F, found);
  EXPECT_EQ(found.bits, 0x7bff);
  narrow(65520.0F, found);
  EXPECT_EQ(found.bits, 0x7c00);
  narrow(-std::numeric_limits<float>::infinity(), found);
  EXPECT_EQ(found.bits, 0xfc00);
  narrow(std::nanf(""), found);
  EXPECT_TRUE(std::isnan(widen(found)));
}

}  // namespace
}  // namespace staa::kernels::cuda
