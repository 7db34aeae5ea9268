#include "staa/data/sets/photos.h"

#include <cmath>
#include <utility>

#include "data/fixtures.h"
#include "staa/data/augment/crop.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/data/loading/loader.h"

namespace staa::data {
namespace {

using test::expect_error;
using test::TempFolder;
using test::write_bytes;

Image flat(const ImageShape& shape, std::uint8_t value) {
  return {shape, std::vector<std::uint8_t>(static_cast<std::size_t>(shape.bytes()), value)};
}

/// Writes all kinds of photographs that occur in practice, 40 x 30 pixels in size, with grey value
/// 100 everywhere.
void write_photos(const TempFolder& root) {
  const ImageShape colour{3, 30, 40};
  write_bytes(root / "a/plain.JPEG", encode_jpeg(flat(colour, 100)));
  write_bytes(root / "a/progressive.jpg", encode_jpeg(flat(colour, 100), {95, true}));
  write_bytes(root / "a/grey.jpeg", encode_jpeg(flat({1, 30, 40}, 100)));
  write_bytes(root / "b/.hidden", "");
  auto inks = flat({4, 30, 40}, 100);
  for (std::size_t i = 3; i < inks.pixels.size(); i += 4) inks.pixels[i] = 255;
  write_bytes(root / "b/cmyk.jpg", encode_jpeg(inks));
  write_png(root / "b/a_png.JPEG", colour, flat(colour, 100).pixels.data());
  write_png(root / "b/grey.png", {1, 30, 40}, flat({1, 30, 40}, 100).pixels.data());
}

Photos photos_in(const TempFolder& root, bool random_crop, std::int64_t size = 8) {
  PhotoIndex index(root.path());
  auto classes = index.classes();
  PhotoOptions options;
  options.size = size;
  options.random_crop = random_crop;
  return {"photos", std::move(index), std::move(classes), options,
          Transform({3, size, size}, {{0, 0, 0}, {1, 1, 1}})};
}

TEST(Photos, ReadsEveryKindOfImage) {
  const TempFolder root;
  write_photos(root);
  for (const bool random_crop : {false, true}) {
    const auto photos = photos_in(root, random_crop);
    ASSERT_EQ(photos.size(), 6);
    EXPECT_EQ(photos.classes(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(photos.label(2), 0);
    EXPECT_EQ(photos.label(3), 1);
    for (std::int64_t i = 0; i < photos.size(); ++i) {
      std::vector<float> values(8 * 8 * 3);
      Random random{1};
      photos.read(i, random, values.data());
      for (const float value : values) ASSERT_NEAR(value, 100.0F / 255.0F, 0.015F) << i;
    }
  }
}

TEST(Photos, AreFunctionsOfTheRandomNumbers) {
  const TempFolder root;
  write_bytes(root / "a/noise.jpg", encode_jpeg(random_image({3, 64, 48}, 5)));
  const auto photos = photos_in(root, true);
  const auto read = [&](std::uint64_t seed) {
    std::vector<float> values(8 * 8 * 3);
    Random random{seed};
    photos.read(0, random, values.data());
    return values;
  };
  EXPECT_EQ(read(1), read(1));
  EXPECT_NE(read(1), read(2));
}

TEST(Photos, ThatAreOnlyMirroredSkipTheBytes) {
  const TempFolder root;
  const auto noise = encode_jpeg(random_image({3, 64, 48}, 5));
  write_bytes(root / "a/noise.jpg", noise);
  PhotoIndex index(root.path());
  PhotoOptions options;
  options.size = 20;
  AugmentOptions augment;
  augment.flip = true;
  augment.cutout = 6;
  const Normalisation normalisation{{0.1F, 0.2F, 0.3F}, {0.5F, 1.0F, 2.0F}};
  const Transform transform({3, options.size, options.size}, normalisation, augment);
  const Photos photos("photos", index, index.classes(), options, transform);

  const auto* data = reinterpret_cast<const std::uint8_t*>(noise.data());
  const auto box = centre_crop(48, 64);
  JpegReader reader("noise.jpg", data, noise.size());
  Image bytes{transform.shape(), {}};
  resize(box, reader.rows(box, best_denominator(box, 20), 3), bytes);
  std::vector<float> found(20 * 20 * 3);
  auto expected = found;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {  // with and without mirroring
    Random random{seed};
    photos.read(0, random, found.data());
    Random again{seed};
    auto image = bytes;
    transform.apply(image, again, expected.data());
    // Half a level of rounding, in the channel with the largest scale.
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], 0.501 / 255 / 0.5) << "seed " << seed << ", at " << i;
    }
  }
}

TEST(Photos, NameTheFileThatIsNoImage) {
  const TempFolder root;
  const auto good = encode_jpeg(random_image({3, 16, 16}, 1));
  auto huge = good;
  huge.replace(huge.find("\xff\xc0") + 5, 4, "\xff\xdc\xff\xdc");
  write_bytes(root / "a/cut_off.jpg", good.substr(0, good.size() / 2));
  write_bytes(root / "a/empty.jpg", "");
  write_bytes(root / "a/huge.jpg", huge);
  write_bytes(root / "a/text.jpg", "this is no image");
  write_bytes(root / "a/whole.jpg", good);
  const auto photos = std::make_shared<Photos>(photos_in(root, false));
  const std::vector<std::string> names{"cut_off", "empty", "huge", "text"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<float> values(8 * 8 * 3);
    Random random{1};
    expect_error(ErrorKind::kInput, {"/a/" + names[i] + ".jpg: "},
                 [&] { photos->read(static_cast<std::int64_t>(i), random, values.data()); });
  }
  LoaderOptions options;
  options.skip_corrupt = true;
  Loader loader(photos, options);
  loader.start(0);
  const auto batch = loader.next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->indices, std::vector<std::int64_t>{4});
  EXPECT_EQ(batch->skipped.size(), 4U);
}

TEST(PhotoIndex, RefusesWhatIsNoFolderOfImages) {
  const TempFolder root;
  expect_error(ErrorKind::kInput, {root.path().string(), "found none"},
               [&] { PhotoIndex{root.path()}; });
  write_bytes(root / "a/notes.txt", "");
  expect_error(ErrorKind::kInput, {"a/notes.txt", ".jpeg"}, [&] { PhotoIndex{root.path()}; });
  expect_error(ErrorKind::kIo, {"/nonexistent-folder"}, [] { PhotoIndex{"/nonexistent-folder"}; });
}

TEST(OpenPhotos, ReadsNamesForPeople) {
  const TempFolder root;
  for (const char* half : {"train", "val"}) {
    for (const char* synset : {"n01", "n02"}) {
      write_bytes(root.path() / half / synset / "1.JPEG", "");
    }
  }
  EXPECT_EQ(open_photos(root.path()).classes, (std::vector<std::string>{"n01", "n02"}));
  const auto file = root / "names.txt";
  write_bytes(file, "n03 other\r\nn02 goldfish, Carassius auratus\r\nn01 tench\r\n");
  EXPECT_EQ(open_photos(root.path(), file.string()).classes,
            (std::vector<std::string>{"tench", "goldfish, Carassius auratus"}));
  write_bytes(file, "n01 tench\n");
  expect_error(ErrorKind::kInput, {file.string(), "\"n02 NAME\""},
               [&] { open_photos(root.path(), file.string()); });
  std::filesystem::remove_all(root / "val/n02");
  expect_error(ErrorKind::kInput, {"val", "found no folder n02"},
               [&] { open_photos(root.path()); });
}

TEST(OpenPhotos, ReadsAFlatValidationFolderByItsList) {
  const TempFolder root;
  for (const char* synset : {"n01", "n02"})
    write_bytes(root.path() / "train" / synset / "1.JPEG", "");
  for (const char* name : {"val_1", "val_2", "val_3"}) {
    write_bytes(root.path() / "val" / (std::string(name) + ".JPEG"), "");
  }
  const auto list = root / "LOC_val_solution.csv";
  const auto expect_refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    write_bytes(list, text);
    expect_error(ErrorKind::kInput, parts, [&] { open_photos(root.path()); });
  };
  expect_error(ErrorKind::kInput, {"/val: ", "one a class", list.string(), "NAME,CLASS"},
               [&] { open_photos(root.path()); });
  const std::string head = "ImageId,PredictionString\n";
  const std::string one = "val_1,n02 85 1 499 272 \n";
  expect_refused(head + one + "val_2,n01\n", {list.string(), "\"val_3,CLASS\""});
  expect_refused(head + one + one, {list.string(), "line 3", "val_1", "twice"});
  expect_refused(head + one + "val_2,n07\n", {list.string(), "line 3", "val_2,n07"});
  expect_refused(head + one + "val_2\n", {list.string(), "line 3", "val_2"});
  expect_refused(head + one + "val_2,n02\nval_3,n02\n", {list.string(), "class n01"});
  const auto rest = "val_3,n02 1 2 3 4\r\nval_2,n01 1 2 3 4\r\n";
  expect_refused(head + one + rest + "val_4,n01\n", {"/val: ", "val_4", "1 are missing"});

  write_bytes(list, head + one + rest);
  const auto folder = open_photos(root.path());
  ASSERT_EQ(folder.test.size(), 3);
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (std::int64_t i = 0; i < 3; ++i) {
    found.emplace_back(folder.test.path(i).string(), folder.test.label(i));
  }
  const auto at = [&](const char* name) { return (root.path() / "val" / name).string(); };
  EXPECT_EQ(found, (std::vector<std::pair<std::string, std::int64_t>>{
                       {at("val_2.JPEG"), 0}, {at("val_1.JPEG"), 1}, {at("val_3.JPEG"), 1}}));
}

TEST(Crop, RandomOnesLieInTheImageAndKeepTheirShape) {
  Random random{3};
  for (int repeat = 0; repeat < 2000; ++repeat) {
    const auto width = 1 + random.below(600);
    const auto height = 1 + random.below(600);
    const auto box = random_resized_crop(width, height, 0.08, random);
    ASSERT_GE(box.left, 0);
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.width, 1);
    ASSERT_GE(box.height, 1);
    ASSERT_LE(box.left + box.width, width);
    ASSERT_LE(box.top + box.height, height);
    if (std::min(box.width, box.height) > 50) {
      const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
      ASSERT_GT(ratio, 0.73);
      ASSERT_LT(ratio, 1.37);
    }
  }
}

TEST(Crop, TheCentreIsSevenEighthsOfTheShorterSide) {
  const auto box = centre_crop(512, 256);
  EXPECT_EQ(box.left, 144);
  EXPECT_EQ(box.top, 16);
  EXPECT_EQ(box.width, 224);
  EXPECT_EQ(box.height, 224);
}

TEST(Resize, KeepsARamp) {
  // A linear ramp stays linear under every symmetrical filter, except near the border.
  const std::int64_t edge = 64;
  Image ramp{{3, edge, edge}, {}};
  for (std::int64_t y = 0; y < edge; ++y) {
    for (std::int64_t x = 0; x < edge; ++x) {
      for (const auto value : {2 * x, 3 * y, x + y}) {
        ramp.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  for (const std::int64_t size : {10, 40, 100}) {
    Image out{{3, size, size}, {}};
    resize({8, 4, 40, 50}, rows_of(ramp), out);
    const auto inner = size / 5;
    for (auto y = inner; y < size - inner; ++y) {
      for (auto x = inner; x < size - inner; ++x) {
        const double at_x =
            8 + (static_cast<double>(x) + 0.5) * 40 / static_cast<double>(size) - 0.5;
        const double at_y =
            4 + (static_cast<double>(y) + 0.5) * 50 / static_cast<double>(size) - 0.5;
        const auto* pixel = out.pixels.data() + 3 * (y * size + x);
        ASSERT_NEAR(pixel[0], 2 * at_x, 0.51) << size << ": " << x << ", " << y;
        ASSERT_NEAR(pixel[1], 3 * at_y, 0.51) << size << ": " << x << ", " << y;
        ASSERT_NEAR(pixel[2], at_x + at_y, 0.51) << size << ": " << x << ", " << y;
      }
    }
  }
}

TEST(Resize, ASmallerWindowGivesTheSamePicture) {
  // The image is smooth enough to be decoded at a quarter of its size. The DCT's averages must be
  // where the filter expects them.
  const ImageShape shape{3, 160, 160};
  Image smooth{shape, {}};
  for (std::int64_t i = 0; i < shape.bytes(); ++i) {
    const auto pixel = static_cast<double>(i / 3);
    smooth.pixels.push_back(static_cast<std::uint8_t>(
        127 + 60 * std::sin(std::fmod(pixel, 160) / 25) + 60 * std::cos(pixel / 160 / 30)));
  }
  const auto bytes = encode_jpeg(smooth, {98});
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const Box box{13, 22, 101, 130};
  const auto small = [&](std::int64_t denominator) {
    JpegReader reader("a.jpg", data, bytes.size());
    Image out{{3, 20, 20}, {}};
    resize(box, reader.rows(box, denominator, 3), out);
    return out.pixels;
  };
  const auto expected = small(1);
  for (const std::int64_t denominator : {2, 4}) {
    const auto found = small(denominator);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], 4) << "1/" << denominator << " at " << i;
    }
  }
}

}  // namespace
}  // namespace staa::data
