#include "staa/data/jpeg.h"

#include <turbojpeg.h>

#include <memory>
#include <type_traits>

#include "staa/util/error.h"

namespace staa::data {
namespace {

struct DestroyHandle {
  void operator()(void* handle) const { ::tjDestroy(handle); }
};
using Decompressor = std::unique_ptr<std::remove_pointer_t<tjhandle>, DestroyHandle>;

[[noreturn]] void fail_jpeg(const std::string& file, tjhandle handle) {
  fail(ErrorKind::kInput, "{}: cannot decode as JPEG: {}", file, ::tjGetErrorStr2(handle));
}

}  // namespace

Image decode_jpeg(const std::string& file, const std::uint8_t* bytes, std::size_t count) {
  const Decompressor decompressor(::tjInitDecompress());
  if (!decompressor) {
    fail(ErrorKind::kRuntime, "{}: cannot start libjpeg-turbo: {}", file,
         ::tjGetErrorStr2(nullptr));
  }
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (::tjDecompressHeader3(decompressor.get(), bytes, count, &width, &height, &subsampling,
                            &colours) != 0) {
    fail_jpeg(file, decompressor.get());
  }
  if (width < 1 || height < 1) {
    // A file cut off before its extent passes libjpeg-turbo's look at the header.
    fail(ErrorKind::kInput, "{}: cannot decode as JPEG: truncated before its extent", file);
  }
  // libjpeg-turbo takes a file of nothing but tables for a whole one.
  if (width == 0) fail(ErrorKind::kInput, "{}: cannot decode as JPEG: no image in it", file);
  check_image_extent(file, width, height);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    fail(ErrorKind::kInput, "{}: expected a grey or RGB image, found CMYK", file);
  }

  const bool grey = colours == TJCS_GRAY;
  Image image;
  image.shape = {grey ? 1 : 3, height, width};
  image.pixels.resize(static_cast<std::size_t>(image.shape.bytes()));
  const int status =
      ::tjDecompress2(decompressor.get(), bytes, count, image.pixels.data(), width, 0, height,
                      grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING);
  if (status != 0) fail_jpeg(file, decompressor.get());
  return image;
}

}  // namespace staa::data
