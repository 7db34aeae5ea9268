#include "staa/pictures/gif.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "staa/util/error.h"

namespace staa::pictures {
namespace {

constexpr int kColourBits = 4;
constexpr int kMostCodeBits = 12;

std::string number(std::int64_t value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8 & 0xff)};
}

/// Packs codes of a growing number of bits into blocks of up to 255 bytes, each after its size.
class CodeBlocks {
 public:
  explicit CodeBlocks(std::string& out) : out_(out) {}

  void add(std::uint32_t code, int bits) {
    waiting_ |= code << count_;
    for (count_ += bits; count_ >= 8; count_ -= 8) {
      put(static_cast<char>(waiting_ & 0xff));
      waiting_ >>= 8;
    }
  }

  void finish() {
    if (count_ > 0) put(static_cast<char>(waiting_ & 0xff));
    flush();
    out_ += '\0';
  }

 private:
  void put(char byte) {
    block_ += byte;
    constexpr std::size_t kBlock = 255;
    if (block_.size() == kBlock) flush();
  }

  void flush() {
    if (block_.empty()) return;
    out_ += static_cast<char>(block_.size());
    out_ += block_;
    block_.clear();
  }

  std::string& out_;
  std::string block_;
  std::uint32_t waiting_ = 0;
  int count_ = 0;
};

/// GIF's variant of LZW: a code represents a run of pixels, and each new code extends a known run
/// by one pixel.
void compress(const std::vector<std::uint8_t>& pixels, std::string& out) {
  constexpr std::uint32_t kClear = 1U << kColourBits;
  constexpr std::uint32_t kEnd = kClear + 1;
  constexpr std::size_t kColours = std::size_t{1} << kColourBits;
  std::vector<std::uint16_t> next((std::size_t{1} << kMostCodeBits) * kColours);  // 0: unknown
  CodeBlocks codes(out);
  std::uint32_t free = kEnd + 1;
  int bits = kColourBits + 1;
  codes.add(kClear, bits);
  std::uint32_t run = pixels[0];
  for (std::size_t i = 1; i < pixels.size(); ++i) {
    auto& longer = next[run * kColours + pixels[i]];
    if (longer != 0) {
      run = longer;
      continue;
    }
    codes.add(run, bits);
    if (free < 1U << kMostCodeBits) {
      if (free == 1U << bits) ++bits;
      longer = static_cast<std::uint16_t>(free++);
    } else {
      codes.add(kClear, bits);
      std::fill(next.begin(), next.end(), std::uint16_t{0});
      free = kEnd + 1;
      bits = kColourBits + 1;
    }
    run = pixels[i];
  }
  codes.add(run, bits);
  // By now the decoder has added one more code to its table.
  if (free == 1U << bits && bits < kMostCodeBits) ++bits;
  codes.add(kEnd, bits);
  codes.finish();
}

}  // namespace

GifWriter::GifWriter(const std::filesystem::path& path, std::int64_t width, std::int64_t height,
                     const Palette& palette)
    : width_(width), height_(height), file_(path) {
  constexpr std::int64_t kMostEdge = 65535;
  if (width < 1 || height < 1 || width > kMostEdge || height > kMostEdge) {
    fail(ErrorKind::kUsage, "{}: a GIF has 1x1 to {}x{} pixels, not {}x{}", path.string(),
         kMostEdge, kMostEdge, width, height);
  }
  constexpr int kFlags = 0x80 | (kColourBits - 1) << 4 | (kColourBits - 1);
  std::string head = "GIF89a" + number(width) + number(height);
  head += static_cast<char>(kFlags);
  head += std::string(2, '\0');
  for (const auto& colour : palette) head.append(colour.begin(), colour.end());
  head += std::string("\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19);
  file_.write(head);
}

void GifWriter::add(const std::vector<std::uint8_t>& pixels, std::int64_t hundredths) {
  if (pixels.size() != static_cast<std::size_t>(width_ * height_)) {
    fail(ErrorKind::kUsage, "a picture of {}x{}: expected {} pixels, found {}", width_, height_,
         width_ * height_, pixels.size());
  }
  std::string out("\x21\xf9\x04\x04", 4);
  out += number(std::clamp<std::int64_t>(hundredths, 0, 65535)) + std::string(2, '\0');
  out += "\x2c" + number(0) + number(0) + number(width_) + number(height_) + '\0';
  out += static_cast<char>(kColourBits);
  compress(pixels, out);
  file_.write(out);
}

void GifWriter::finish() {
  file_.write(";");
  file_.commit();
}

}  // namespace staa::pictures
