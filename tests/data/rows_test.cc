#include "staa/data/augment/rows.h"

#include <algorithm>
#include <cstdlib>

#include "data/fixtures.h"

namespace staa::data {
namespace {

// Widths around the numbers of lanes, so that both whole vectors and remainders occur.
constexpr std::size_t kWidths[] = {1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 97};

std::vector<std::uint8_t> random_bytes(std::size_t count, std::uint64_t seed) {
  return random_image({1, 1, static_cast<std::int64_t>(count)}, seed).pixels;
}

TEST(Rows, BlendRowsIsTheWeightedSum) {
  const std::vector<float> weights{0.125F, 0.5F, 0.25F, 0.625F, 0.75F};
  for (std::size_t taps = 1; taps <= weights.size(); ++taps) {
    for (const auto width : kWidths) {
      const auto padded = (width + kRowBlock - 1) / kRowBlock * kRowBlock;
      const auto bytes = random_bytes(taps * padded, 10 * width + taps);
      std::vector<const std::uint8_t*> rows;
      for (std::size_t k = 0; k < taps; ++k) rows.push_back(bytes.data() + k * padded);
      std::vector<float> out(padded + 1, -7.0F);
      blend_rows(rows.data(), weights.data(), taps, width, out.data());
      for (std::size_t i = 0; i < width; ++i) {
        float sum = 0;
        for (std::size_t k = 0; k < taps; ++k) sum += weights[k] * static_cast<float>(rows[k][i]);
        ASSERT_EQ(out[i], sum) << "width " << width << ", at " << i;  // exact: sums of eighths
      }
      EXPECT_EQ(out[padded], -7.0F);
    }
  }
}

TEST(Rows, BlendColumnsIsTheWeightedSum) {
  for (const std::size_t channels : {1, 3}) {
    for (const std::size_t taps : {1, 2, 3, 4, 5, 9}) {
      Filter filter;
      filter.taps = taps;
      filter.first = {0, 0, 2, 7, 3, 1, 1, 6, 5, 7};
      for (std::size_t i = 0; i < filter.first.size() * taps; ++i) {
        filter.weights.push_back(static_cast<float>(i % 7) / 8.0F);
      }
      const auto bytes = random_bytes((7 + taps) * channels, taps);
      std::vector<float> row(bytes.begin(), bytes.end());
      row.resize(row.size() + kRowPadding);
      std::vector<float> out(filter.first.size() * channels + kRowPadding);
      auto grouped = out;
      blend_columns(row.data(), filter, channels, out.data());
      filter.spread_weights();
      blend_columns(row.data(), filter, channels, grouped.data());
      for (std::size_t i = 0; i < filter.first.size(); ++i) {
        for (std::size_t c = 0; c < channels; ++c) {
          float sum = 0;
          for (std::size_t k = 0; k < taps; ++k) {
            sum += filter.weights[i * taps + k] * row[(filter.first[i] + k) * channels + c];
          }
          ASSERT_EQ(out[i * channels + c], sum) << channels << " channels, " << taps << " taps";
          ASSERT_EQ(grouped[i * channels + c], sum) << channels << " channels, " << taps << " taps";
        }
      }
    }
  }
}

TEST(Rows, AFilterReversedMirrorsItsOutput) {
  Filter filter;
  filter.taps = 2;
  filter.first = {0, 1, 3};
  filter.weights = {0.25F, 0.75F, 0.5F, 0.5F, 1.0F, 0.0F};
  filter.reverse();
  EXPECT_EQ(filter.first, (std::vector<std::size_t>{3, 1, 0}));
  EXPECT_EQ(filter.weights, (std::vector<float>{1.0F, 0.0F, 0.5F, 0.5F, 0.25F, 0.75F}));
}

TEST(Rows, RoundsToTheNearestByte) {
  std::vector<float> values{-3.0F, -0.4F, 0.49F, 0.5F, 1.5F, 254.6F, 255.4F, 255.6F, 300.0F};
  const std::vector<std::uint8_t> expected{0, 0, 0, 1, 2, 255, 255, 255, 255};
  for (const std::size_t repeats : {1, 4}) {  // with the scalar remainder only, and with vectors
    std::vector<float> many;
    std::vector<std::uint8_t> rounded;
    for (std::size_t i = 0; i < repeats; ++i) {
      many.insert(many.end(), values.begin(), values.end());
      rounded.insert(rounded.end(), expected.begin(), expected.end());
    }
    std::vector<std::uint8_t> out(many.size());
    round_to_bytes(many.data(), many.size(), out.data());
    EXPECT_EQ(out, rounded);
  }
}

TEST(Rows, MirrorsPixelsAndNotChannels) {
  for (const std::size_t channels : {1, 3}) {
    for (const auto width : kWidths) {
      const auto before = random_bytes(width * channels, width);
      auto row = before;
      mirror_row(row.data(), width, channels);
      for (std::size_t x = 0; x < width; ++x) {
        for (std::size_t c = 0; c < channels; ++c) {
          ASSERT_EQ(row[x * channels + c], before[(width - 1 - x) * channels + c])
              << "width " << width << ", " << channels << " channels, at " << x;
        }
      }
    }
  }
}

TEST(Rows, MapsEachChannelByItsOwn) {
  const std::vector<float> scale{0.5F, 2.0F, 0.25F};
  const std::vector<float> shift{1.0F, -3.0F, 0.0F};
  const ChannelMap map(scale, shift);
  for (const auto width : kWidths) {
    const auto bytes = random_bytes(3 * width, width);
    const std::vector<float> floats(bytes.begin(), bytes.end());
    std::vector<float> of_bytes(bytes.size());
    auto of_floats = of_bytes;
    map_channels(bytes.data(), bytes.size(), map, of_bytes.data());
    map_channels(floats.data(), floats.size(), map, of_floats.data());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      ASSERT_EQ(of_bytes[i], scale[i % 3] * floats[i] + shift[i % 3]) << width;
    }
    EXPECT_EQ(of_floats, of_bytes);
  }
}

}  // namespace
}  // namespace staa::data
