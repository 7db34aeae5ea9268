#include "staa/pictures/contact_sheet.h"

#include "support/support.h"

namespace staa::pictures {
namespace {

using test::expect_error;

data::Batch batch_of(std::vector<float> values, std::vector<std::int64_t> labels) {
  data::Batch batch;
  batch.size = static_cast<std::int64_t>(labels.size());
  batch.values = std::move(values);
  batch.labels = std::move(labels);
  return batch;
}

std::vector<int> pixel(const data::Image& image, std::int64_t x, std::int64_t y) {
  const auto* at = image.pixels.data() + (y * image.shape.width + x) * 3;
  return {at[0], at[1], at[2]};
}

TEST(ContactSheet, UndoesTheNormalisation) {
  // Two images of 1x1 pixels side by side, each enlarged 64 times.
  const auto batch = batch_of({0, 1, 2, -1, -1, -1}, {1, 0});
  const auto sheet = contact_sheet(batch, {1, 3, 1, 1}, {"zero", "one"},
                                   {{0.2F, 0.2F, 0.2F}, {0.2F, 0.4F, 0.2F}}, 2);
  EXPECT_EQ(pixel(sheet, 2, 2), (std::vector<int>{51, 153, 153}));
  EXPECT_EQ(pixel(sheet, 65, 65), (std::vector<int>{51, 153, 153}));
  EXPECT_EQ(pixel(sheet, sheet.shape.width / 2 + 2, 2), (std::vector<int>{0, 0, 0}));
}

TEST(ContactSheet, ShowsEventFramesInBlueAndRedWithStepsSideBySide) {
  // One sample with two steps: four events of the first polarity, then two of the second.
  const auto sheet = contact_sheet(batch_of({4, 0, 0, 2}, {0}), {2, 2, 1, 1}, {"a"}, {}, 5);
  EXPECT_EQ(pixel(sheet, 2, 2), (std::vector<int>{0, 0, 255}));
  EXPECT_EQ(pixel(sheet, 2 + 64 + 2, 2), (std::vector<int>{128, 0, 0}));
}

TEST(ContactSheet, WritesTheClass) {
  const auto plain = contact_sheet(batch_of({0}, {0}), {1, 1, 1, 1}, {""}, {}, 1);
  const auto named =
      contact_sheet(batch_of({0}, {0}), {1, 1, 1, 1}, {"Cat, a very long name"}, {}, 1);
  EXPECT_TRUE(plain.shape == named.shape);
  EXPECT_NE(plain.pixels, named.pixels);
}

TEST(ContactSheet, RefusesWhatItCannotShow) {
  expect_error(ErrorKind::kUsage, {"1 to 3 channels, found 4"}, [] {
    contact_sheet(batch_of({0, 0, 0, 0}, {0}), {1, 4, 1, 1}, {"a"}, {}, 1);
  });
  expect_error(ErrorKind::kUsage, {"columns", "found 0"}, [] {
    contact_sheet(batch_of({0}, {0}), {1, 1, 1, 1}, {"a"}, {}, 0);
  });
}

}  // namespace
}  // namespace staa::pictures
