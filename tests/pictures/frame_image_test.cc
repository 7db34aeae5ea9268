#include "staa/pictures/frame_image.h"

#include "support/support.h"

namespace staa::pictures {
namespace {

using test::expect_error;
using Bytes = std::vector<std::uint8_t>;

TEST(FrameImage, ShowsGreyColourAndEvents) {
  const std::vector<float> values{0, 1, 2};
  EXPECT_EQ(frame_image(values.data(), {1, 1, 1, 1}, {{0.2F}, {0.2F}}, 1).pixels,
            (Bytes{51, 51, 51}));
  EXPECT_EQ(frame_image(values.data(), {1, 3, 1, 1}, {{0, 0, 0}, {0.2F, 0.2F, 0.2F}}, 1).pixels,
            (Bytes{0, 51, 102}));
  EXPECT_EQ(frame_image(values.data() + 1, {4, 2, 1, 1}, {}, 2).pixels, (Bytes{255, 0, 128}));
  expect_error(ErrorKind::kUsage, {"1 to 3 channels", "found 4"}, [&] {
    frame_image(values.data(), {1, 4, 1, 1}, {}, 1);
  });
}

TEST(FrameImage, TheBrightestIsOfAllSteps) {
  // Two steps of two samples with one value each. The first sample has the values 1 and 3.
  const std::vector<float> batch{1, 9, 3, 7};
  EXPECT_EQ(brightest_of(batch.data(), {2, 1, 1, 1}, 2), 3);
  EXPECT_EQ(brightest_of(std::vector<float>{0, 0}.data(), {2, 1, 1, 1}, 1), 1);
}

}  // namespace
}  // namespace staa::pictures
