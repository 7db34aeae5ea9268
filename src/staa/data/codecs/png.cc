#include "staa/data/codecs/png.h"

#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

/// A libpng reader over bytes in memory. libpng reports errors by longjmp, which must not skip a
/// destructor. So all calls of libpng that can fail are in the static functions below, which have
/// no local objects, and everything that lives longer is a member.
class PngReader {
 public:
  PngReader(const std::uint8_t* bytes, std::size_t count) : next_(bytes), left_(count) {
    png_ = ::png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ != nullptr ? ::png_create_info_struct(png_) : nullptr;
  }
  ~PngReader() { ::png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool started() const { return info_ != nullptr; }
  const char* reason() const { return reason_; }

  /// Reads up to the first row and requests 8 bits, grey or RGB, without alpha. Returns false on an
  /// error.
  static bool read_header(PngReader& reader);
  /// Reads all rows and the rest of the file after them. Returns false on an error.
  static bool read_rows(PngReader& reader, std::uint8_t* pixels);

  // The shape of the rows to be read. Valid after read_header().
  std::int64_t width() const { return ::png_get_image_width(png_, info_); }
  std::int64_t height() const { return ::png_get_image_height(png_, info_); }
  std::int64_t channels() const { return ::png_get_channels(png_, info_); }

 private:
  static void on_read(png_structp png, png_bytep out, std::size_t count) {
    auto* reader = static_cast<PngReader*>(::png_get_io_ptr(png));
    if (count > reader->left_) ::png_error(png, "the file is cut off");
    std::memcpy(out, reader->next_, count);
    reader->next_ += count;
    reader->left_ -= count;
  }
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(::png_get_error_ptr(png));
    std::strncpy(reader->reason_, message, sizeof reader->reason_ - 1);
    ::png_longjmp(png, 1);
  }
  // libpng warns about colour profiles and the like, which do not affect the pixels.
  static void on_warning(png_structp, png_const_charp) {}

  const std::uint8_t* next_;
  std::size_t left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char reason_[200] = "out of memory";
};

bool PngReader::read_header(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png_)) != 0) return false;
  ::png_set_read_fn(reader.png_, &reader, on_read);
  ::png_read_info(reader.png_, reader.info_);
  ::png_set_expand(reader.png_);
  ::png_set_scale_16(reader.png_);
  ::png_set_strip_alpha(reader.png_);
  ::png_set_interlace_handling(reader.png_);
  ::png_read_update_info(reader.png_, reader.info_);
  return true;
}

bool PngReader::read_rows(PngReader& reader, std::uint8_t* pixels) {
  if (setjmp(png_jmpbuf(reader.png_)) != 0) return false;
  const std::size_t stride = ::png_get_rowbytes(reader.png_, reader.info_);
  const png_uint_32 height = ::png_get_image_height(reader.png_, reader.info_);
  const bool interlaced =
      ::png_get_interlace_type(reader.png_, reader.info_) == PNG_INTERLACE_ADAM7;
  for (int pass = 0; pass < (interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      ::png_read_row(reader.png_, pixels + y * stride, nullptr);
    }
  }
  ::png_read_end(reader.png_, nullptr);
  return true;
}

std::uint32_t read_u32(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Refuses a chunk with a wrong checksum. libpng reports only the chunks that it reads, which
/// depend on its version. It finds all other errors itself.
void check_chunks(const std::string& file, const std::uint8_t* bytes, std::size_t count) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kFrame = 12;  // length, type and checksum
  for (std::size_t at = kSignature; at <= count && count - at >= kFrame;) {
    const std::size_t length = read_u32(bytes + at);
    if (length > count - at - kFrame) return;  // truncated
    const auto* type = bytes + at + 4;
    const auto found = ::crc32(0, type, static_cast<uInt>(4 + length));
    if (found != read_u32(type + 4 + length)) {
      fail(ErrorKind::kInput, "{}: cannot decode as PNG: the chunk at byte {} has a wrong checksum",
           file, at);
    }
    if (std::memcmp(type, "IEND", 4) == 0) return;
    at += kFrame + length;
  }
}

[[noreturn]] void fail_png(const std::string& file, const PngReader& reader) {
  fail(ErrorKind::kInput, "{}: cannot decode as PNG: {}", file, reader.reason());
}

/// Encodes a PNG file; `file` is for messages.
std::string encode(const std::string& file, const ImageShape& shape, const std::uint8_t* pixels) {
  if ((shape.channels != 1 && shape.channels != 3) || shape.bytes() < 1) {
    fail(ErrorKind::kUsage, "{}: cannot write an image of {} as PNG: expected 1 or 3 channels",
         file, describe(shape));
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(shape.width);
  image.height = static_cast<png_uint_32>(shape.height);
  image.format = shape.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (::png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr) == 0) {
    fail(ErrorKind::kRuntime, "{}: cannot encode as PNG: {}", file, image.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

Image decode_png(const std::string& file, const std::uint8_t* bytes, std::size_t count) {
  PngReader reader(bytes, count);
  if (!reader.started() || !PngReader::read_header(reader)) fail_png(file, reader);
  check_image_extent(file, reader.width(), reader.height());
  Image image;
  image.shape = {reader.channels(), reader.height(), reader.width()};
  image.pixels.resize(static_cast<std::size_t>(image.shape.bytes()));
  check_chunks(file, bytes, count);
  if (!PngReader::read_rows(reader, image.pixels.data())) fail_png(file, reader);
  return image;
}

std::string encode_png(const ImageShape& shape, const std::uint8_t* pixels) {
  return encode("picture", shape, pixels);
}

void write_png(const std::filesystem::path& path, const ImageShape& shape,
               const std::uint8_t* pixels) {
  write_file_atomically(path, encode(path.string(), shape, pixels));
}

}  // namespace staa::data
