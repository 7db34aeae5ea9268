#include "staa/pictures/map_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "staa/pictures/colour_map.h"
#include "staa/pictures/frame_image.h"
#include "staa/pictures/glyphs.h"
#include "staa/util/error.h"

namespace staa::pictures {
namespace {

using data::Image;

constexpr std::int64_t kGap = 8;
constexpr std::int64_t kLine = kGlyphHeight + kGap;  ///< height of a line of text
constexpr std::int64_t kSmallestTile = 96;           ///< wide enough for the text of a range
constexpr std::uint8_t kBackground = 32;
constexpr std::int64_t kScaleSteps = 4;  ///< steps of the scale at the bottom
constexpr std::int64_t kScaleStep = 64;  ///< pixels per step
constexpr std::int64_t kScaleHeight = 12;

std::int64_t text_width(const std::string& text) {
  return kGlyphWidth * static_cast<std::int64_t>(text.size());
}

/// Resizes `image` by copying the nearest pixels, without interpolation.
Image stretched(const Image& image, std::int64_t width, std::int64_t height) {
  Image out{{3, height, width}, {}};
  out.pixels.reserve(static_cast<std::size_t>(out.shape.bytes()));
  for (std::int64_t y = 0; y < height; ++y) {
    const auto row = y * image.shape.height / height * image.shape.width;
    for (std::int64_t x = 0; x < width; ++x) {
      const auto* pixel = image.pixels.data() + (row + x * image.shape.width / width) * 3;
      out.pixels.insert(out.pixels.end(), pixel, pixel + 3);
    }
  }
  return out;
}

/// Blends `front` over `back`, which is converted to grey. Both must have the same shape.
Image blended(const Image& back, const Image& front) {
  constexpr double kFront = 0.55;
  Image out = front;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    const double grey = (back.pixels[i] + back.pixels[i + 1] + back.pixels[i + 2]) / 3.0;
    for (std::size_t c = i; c < i + 3; ++c) {
      out.pixels[c] =
          static_cast<std::uint8_t>(std::lround(kFront * front.pixels[c] + (1 - kFront) * grey));
    }
  }
  return out;
}

/// The names of all layers of all views, without repetition, in the order of their first
/// appearance.
std::vector<std::string> rows_of(const std::vector<View>& views) {
  std::vector<std::string> rows;
  for (const auto& view : views) {
    for (const auto& layer : view.layers) {
      if (std::find(rows.begin(), rows.end(), layer.name) == rows.end()) rows.push_back(layer.name);
    }
  }
  return rows;
}

const std::vector<Map>* find_maps(const View& view, const std::string& name) {
  for (const auto& layer : view.layers) {
    if (layer.name == name) return &layer.maps;
  }
  return nullptr;
}

class Picture {
 public:
  Picture(const std::string& caption, const std::vector<Image>& frames,
          const std::vector<View>& views)
      : caption_(caption), frames_(frames), views_(views), rows_(rows_of(views)) {
    const auto& shape = frames.front().shape;
    zoom_ = (kSmallestTile + shape.width - 1) / shape.width;
    tile_width_ = zoom_ * shape.width;
    tile_height_ = zoom_ * shape.height;
    for (const auto& row : rows_) names_width_ = std::max(names_width_, text_width(row));
    const auto width = extent_of_columns();
    frames_per_row_ = std::clamp<std::int64_t>((width - kGap) / (tile_width_ + kGap), 1,
                                               static_cast<std::int64_t>(frames.size()));
    image.shape = {3, height(), width};
    data::check_image_extent("picture", image.shape.width, image.shape.height);
    image.pixels.assign(static_cast<std::size_t>(image.shape.bytes()), kBackground);
  }

  void draw() {
    top_ = kGap;
    write(caption_, kGap);
    top_ += kLine;
    draw_frames();
    draw_headings();
    for (const auto& row : rows_) draw_row(row);
    draw_scale();
  }

  Image image;

 private:
  std::int64_t first_column() const { return kGap + names_width_ + kGap; }
  std::int64_t row_height() const { return tile_height_ + kGap / 2 + kLine; }
  std::int64_t lines_of_frames() const {
    return (static_cast<std::int64_t>(frames_.size()) + frames_per_row_ - 1) / frames_per_row_;
  }

  std::int64_t view_width(std::size_t view) const {
    return static_cast<std::int64_t>(views_[view].columns.size()) * (tile_width_ + kGap) + kGap;
  }

  std::int64_t extent_of_columns() const {
    auto width = first_column();
    for (std::size_t i = 0; i < views_.size(); ++i) width += view_width(i);
    const auto scale = kGap + kScaleSteps * kScaleStep + 6 * kGlyphWidth;
    return std::max({width, scale, 2 * kGap + text_width(caption_)});
  }

  std::int64_t height() const {
    return kGap + kLine + lines_of_frames() * (tile_height_ + kGap) + 2 * kLine +
           static_cast<std::int64_t>(rows_.size()) * row_height() + kScaleHeight + 3 * kLine;
  }

  void write(const std::string& text, std::int64_t left, std::int64_t right = 0) {
    draw_text(image, text, left, top_, right > 0 ? right : image.shape.width);
  }

  void draw_frames() {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const auto column = static_cast<std::int64_t>(i) % frames_per_row_;
      const auto line = static_cast<std::int64_t>(i) / frames_per_row_;
      paste(enlarged(frames_[i], zoom_), image, kGap + column * (tile_width_ + kGap),
            top_ + line * (tile_height_ + kGap));
    }
    top_ += lines_of_frames() * (tile_height_ + kGap);
  }

  void draw_headings() {
    auto left = first_column();
    for (std::size_t i = 0; i < views_.size(); ++i) {
      write(views_[i].title, left, left + view_width(i));
      left += view_width(i);
    }
    top_ += kLine;
    left = first_column();
    for (std::size_t i = 0; i < views_.size(); ++i) {
      auto place = left;
      for (const auto& column : views_[i].columns) {
        write(column.heading, place);
        place += tile_width_ + kGap;
      }
      left += view_width(i);
    }
    top_ += kLine;
  }

  void draw_row(const std::string& name) {
    draw_text(image, name, kGap, top_ + (tile_height_ - kGlyphHeight) / 2, first_column());
    auto left = first_column();
    for (std::size_t i = 0; i < views_.size(); ++i) {
      const auto& view = views_[i];
      if (const auto* maps = find_maps(view, name)) {
        for (std::size_t j = 0; j < maps->size(); ++j) {
          const auto place = left + static_cast<std::int64_t>(j) * (tile_width_ + kGap);
          draw_tile(view.columns[j], (*maps)[j], view.frame, place);
        }
      }
      left += view_width(i);
    }
    top_ += row_height();
  }

  void draw_tile(const MapColumn& column, const Map& map, const Image& frame, std::int64_t left) {
    if (map.empty()) return;
    const auto range = range_of(map, column.from_zero);
    auto tile = stretched(map_image(map, range), tile_width_, tile_height_);
    if (column.over_input) tile = blended(stretched(frame, tile_width_, tile_height_), tile);
    paste(tile, image, left, top_);
    draw_text(image, describe(range), left, top_ + tile_height_ + kGap / 2, left + tile_width_);
  }

  void draw_scale() {
    Image bar{{3, kScaleHeight, kScaleSteps * kScaleStep}, {}};
    for (std::int64_t y = 0; y < kScaleHeight; ++y) {
      for (std::int64_t x = 0; x < bar.shape.width; ++x) {
        const auto colour =
            colour_of(static_cast<double>(x) / static_cast<double>(bar.shape.width - 1));
        bar.pixels.insert(bar.pixels.end(), colour.begin(), colour.end());
      }
    }
    paste(bar, image, kGap, top_);
    top_ += kScaleHeight + kGap / 2;
    for (std::int64_t i = 0; i <= kScaleSteps; ++i) {
      write(fmt::format("{}", static_cast<double>(i) / kScaleSteps), kGap + i * kScaleStep);
    }
    top_ += kLine;
    write("of the range under each map", kGap);
  }

  const std::string& caption_;
  const std::vector<Image>& frames_;
  const std::vector<View>& views_;
  std::vector<std::string> rows_;
  std::int64_t zoom_ = 1;
  std::int64_t tile_width_ = 0;
  std::int64_t tile_height_ = 0;
  std::int64_t names_width_ = 0;
  std::int64_t frames_per_row_ = 1;
  std::int64_t top_ = 0;
};

void check(const std::vector<Image>& frames, const std::vector<View>& views) {
  if (frames.empty()) fail(ErrorKind::kUsage, "a picture of maps: expected at least one frame");
  for (const auto& view : views) {
    for (const auto& layer : view.layers) {
      if (layer.maps.size() != view.columns.size()) {
        fail(ErrorKind::kUsage, "maps of layer '{}': expected one for each of {} columns, found {}",
             layer.name, view.columns.size(), layer.maps.size());
      }
    }
  }
}

}  // namespace

Image map_picture(const std::string& caption, const std::vector<Image>& frames,
                  const std::vector<View>& views) {
  check(frames, views);
  Picture picture(caption, frames, views);
  picture.draw();
  return std::move(picture.image);
}

}  // namespace staa::pictures
