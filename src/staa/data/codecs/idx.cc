#include "staa/data/codecs/idx.h"

#include <array>
#include <cstdint>
#include <utility>

#include "staa/data/codecs/byte_source.h"
#include "staa/data/image.h"
#include "staa/data/sets/image_set.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/util/error.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::uint32_t kLabelsMagic = 0x00000801;

std::uint32_t read_word(ByteSource& source, const std::string& what) {
  std::array<std::uint8_t, 4> bytes{};
  source.read(bytes.data(), bytes.size(), what);
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

void check_magic(const fs::path& path, ByteSource& source, std::uint32_t expected) {
  const auto found = read_word(source, "magic number");
  if (found != expected) {
    fail(ErrorKind::kInput, "{}: offset 0: expected the magic number {:#010x}, found {:#010x}",
         path.string(), expected, found);
  }
}

/// Reads the `count` bytes that the header announces, and checks that the file ends after them.
std::vector<std::uint8_t> read_body(const fs::path& path, ByteSource& source, std::uint64_t count,
                                    const std::string& what) {
  if (count > source.most_left()) {
    fail(ErrorKind::kInput,
         "{}: offset 4: the header announces {} bytes of {}, the file can hold at most {}",
         path.string(), count, what, source.most_left());
  }
  std::vector<std::uint8_t> bytes(count);
  source.read(bytes.data(), count, what);
  source.expect_end();
  return bytes;
}

struct IdxImages {
  ImageShape shape;
  std::uint64_t count = 0;
  std::vector<std::uint8_t> pixels;
};

IdxImages read_images(const fs::path& path) {
  const auto source = open_bytes(path);
  check_magic(path, *source, kImagesMagic);
  IdxImages images;
  images.count = read_word(*source, "number of images");
  images.shape.channels = 1;
  images.shape.height = read_word(*source, "height");
  images.shape.width = read_word(*source, "width");
  check_image_extent(path.string(), images.shape.width, images.shape.height);
  // The product is below 2^32 * 2^26 and cannot overflow.
  images.pixels = read_body(
      path, *source, images.count * static_cast<std::uint64_t>(images.shape.bytes()), "pixels");
  return images;
}

std::vector<std::int64_t> read_labels(const fs::path& path, std::size_t classes) {
  constexpr std::size_t kHeaderBytes = 8;
  const auto source = open_bytes(path);
  check_magic(path, *source, kLabelsMagic);
  const auto count = read_word(*source, "number of labels");
  const auto bytes = read_body(path, *source, count, "labels");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] >= classes) {
      fail(ErrorKind::kInput,
           "{}: offset {} (of the unpacked data): label {} is out of range: expected 0 to {}",
           path.string(), kHeaderBytes + i, bytes[i], classes - 1);
    }
  }
  return {bytes.begin(), bytes.end()};
}

/// FOLDER/NAME or FOLDER/NAME.gz, whichever exists.
fs::path find_idx(const fs::path& folder, const std::string& name, const std::string& how_to_get) {
  for (const auto& candidate : {folder / name, folder / (name + ".gz")}) {
    if (is_there(candidate)) return candidate;
  }
  fail_missing(folder, fmt::format("{0} and {0}.gz", name), how_to_get);
}

Splits read_splits(const fs::path& folder, const std::string& set,
                   const std::vector<std::string>& classes, const std::string& how_to_get) {
  // Look for all four files before reading the first.
  const auto train_images = find_idx(folder, "train-images-idx3-ubyte", how_to_get);
  const auto train_labels = find_idx(folder, "train-labels-idx1-ubyte", how_to_get);
  const auto test_images = find_idx(folder, "t10k-images-idx3-ubyte", how_to_get);
  const auto test_labels = find_idx(folder, "t10k-labels-idx1-ubyte", how_to_get);
  const auto name = fmt::format("{} ({})", set, folder.string());
  Splits splits{read_idx(train_images, train_labels, classes, name),
                read_idx(test_images, test_labels, classes, name)};
  if (!(splits.train->shape() == splits.test->shape())) {
    fail(ErrorKind::kInput, "{}: expected images of {} as in {}, found {}", test_images.string(),
         describe(splits.train->shape()), train_images.string(), describe(splits.test->shape()));
  }
  return splits;
}

}  // namespace

std::shared_ptr<const Dataset> read_idx(const fs::path& images, const fs::path& labels,
                                        std::vector<std::string> classes, std::string name) {
  auto read = read_images(images);
  auto read_label = read_labels(labels, classes.size());
  if (read.count != read_label.size()) {
    fail(ErrorKind::kInput, "{}: expected {} labels, one an image of {}, found {}", labels.string(),
         read.count, images.string(), read_label.size());
  }
  return std::make_shared<ImageSet>(std::move(name), read.shape, std::move(classes),
                                    std::move(read.pixels), std::move(read_label));
}

Splits read_mnist(const fs::path& folder) {
  return read_splits(folder, "mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                     kHowToGetMnist);
}

Splits read_fashion_mnist(const fs::path& folder) {
  return read_splits(folder, "fashion-mnist",
                     {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                      "Sneaker", "Bag", "Ankle boot"},
                     kHowToGetFashionMnist);
}

}  // namespace staa::data
