#include "staa/data/sets/adapt.h"

#include <fmt/format.h>

#include <map>

namespace staa::data {

std::optional<PublishedFacts> published_facts(const std::string& set) {
  static const std::map<std::string, PublishedFacts> table{
      {"cifar10", {{3, 32, 32}, 10}},      {"cifar100", {{3, 32, 32}, 100}},
      {"mnist", {{1, 28, 28}, 10}},        {"fashion-mnist", {{1, 28, 28}, 10}},
      {"imagenet", {{3, 224, 224}, 1000}},
  };
  const auto found = table.find(set);
  if (found == table.end()) return std::nullopt;
  return found->second;
}

Adapted::Adapted(std::shared_ptr<const Dataset> parent, const ImageShape& shape,
                 std::int64_t classes)
    : parent_(std::move(parent)), shape_(shape), classes_(parent_->classes()) {
  classes_.resize(static_cast<std::size_t>(classes), "unnamed");
  name_ = fmt::format("{} as {}x{}x{}", parent_->name(), shape.channels, shape.height, shape.width);
}

void Adapted::read(std::int64_t index, std::uint8_t* out) const {
  const auto from = parent_->shape();
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(from.bytes()));
  parent_->read(index, pixels.data());
  for (std::int64_t y = 0; y < shape_.height; ++y) {
    for (std::int64_t x = 0; x < shape_.width; ++x) {
      const auto source_y = y * from.height / shape_.height;
      const auto source_x = x * from.width / shape_.width;
      const auto* pixel =
          &pixels[static_cast<std::size_t>((source_y * from.width + source_x) * from.channels)];
      for (std::int64_t c = 0; c < shape_.channels; ++c) {
        if (from.channels == shape_.channels) {
          *out++ = pixel[c];
        } else {
          std::int64_t sum = 0;
          for (std::int64_t k = 0; k < from.channels; ++k) sum += pixel[k];
          *out++ = static_cast<std::uint8_t>(sum / from.channels);
        }
      }
    }
  }
}

}  // namespace staa::data
