#include "inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "staa/data/byte_source.h"
#include "staa/data/image.h"
#include "staa/data/jpeg.h"
#include "staa/data/png.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::app {
namespace {

namespace fs = std::filesystem;
using Use = std::function<void(const std::string&, const std::uint8_t*)>;

std::string ending(const fs::path& path) {
  auto text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_image(const fs::path& path) {
  const auto end = ending(path);
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

void check_shape(const std::string& name, const data::ImageShape& found,
                 const runtime::Shape& shape) {
  const data::ImageShape expected{static_cast<std::int64_t>(shape.channels),
                                  static_cast<std::int64_t>(shape.height),
                                  static_cast<std::int64_t>(shape.width)};
  if (found == expected) return;
  fail(ErrorKind::kInput, "{}: an image of {}, the model takes {}", name, data::describe(found),
       data::describe(expected));
}

void use_image(const fs::path& path, const runtime::Shape& shape, const Use& f) {
  const auto bytes = read_file(path);
  const auto name = path.string();
  const auto image = ending(path) == ".png" ? data::decode_png(name, bytes.data(), bytes.size())
                                            : data::decode_jpeg(name, bytes.data(), bytes.size());
  check_shape(name, image.shape, shape);
  f(name, image.pixels.data());
}

void use_folder(const fs::path& folder, const runtime::Shape& shape, const Use& f) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image(entry.path())) paths.push_back(entry.path());
  }
  if (paths.empty()) fail(ErrorKind::kInput, "{}: no PNG or JPEG below it", folder.string());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) use_image(path, shape, f);
}

std::uint32_t word(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

void use_idx(const fs::path& path, const runtime::Shape& shape, const Use& f) {
  constexpr std::uint32_t kMagic = 0x803;
  const auto name = path.string();
  const auto source = data::open_bytes(path);
  std::uint8_t head[16];
  source->read(head, sizeof head, "an idx header");
  if (word(head) != kMagic) {
    fail(ErrorKind::kInput,
         "{}: expected a PNG, a JPEG, a folder of them or images in idx form; its first word is "
         "{:#010x}",
         name, word(head));
  }
  check_shape(name, {1, word(head + 8), word(head + 12)}, shape);
  std::vector<std::uint8_t> image(shape.values());
  for (std::uint32_t i = 0; i < word(head + 4); ++i) {
    source->read(image.data(), image.size(), fmt::format("image {}", i));
    f(fmt::format("{}:{}", name, i), image.data());
  }
}

void use_stream(const runtime::Shape& shape, const Use& f) {
  std::vector<std::uint8_t> image(shape.values());
  for (std::size_t i = 0;; ++i) {
    const auto got = std::fread(image.data(), 1, image.size(), stdin);
    if (got == 0) return;
    if (got < image.size()) {
      fail(ErrorKind::kInput, "standard input: image {} ends after {} of {} bytes", i, got,
           image.size());
    }
    f(fmt::format("-:{}", i), image.data());
  }
}

}  // namespace

void for_images(const std::string& input, const runtime::Shape& shape, const Use& f) {
  if (input == "-") return use_stream(shape, f);
  const fs::path path = input;
  if (!fs::exists(path)) fail(ErrorKind::kIo, "{}: there is no such file or folder", input);
  if (fs::is_directory(path)) return use_folder(path, shape, f);
  if (is_image(path)) return use_image(path, shape, f);
  use_idx(path, shape, f);
}

}  // namespace staa::app
