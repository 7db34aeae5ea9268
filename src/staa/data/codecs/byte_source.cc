#include "staa/data/codecs/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

// zlib counts its input in 32 bits.
constexpr std::uint64_t kMaxFileBytes = std::numeric_limits<uInt>::max();
// Deflate needs at least two bits for a run of 258 bytes.
constexpr std::uint64_t kMaxDeflateRatio = 1032;

class PlainSource : public ByteSource {
 public:
  PlainSource(std::string file, std::vector<std::uint8_t> bytes)
      : file_(std::move(file)), bytes_(std::move(bytes)) {}

  void read(std::uint8_t* out, std::uint64_t count, const std::string& what) override {
    if (count > most_left()) {
      fail(ErrorKind::kInput, "{}: offset {}: {}: expected {} bytes, found {}", file_, next_, what,
           count, most_left());
    }
    std::copy_n(bytes_.data() + next_, count, out);
    next_ += count;
  }

  void expect_end() override {
    if (most_left() > 0) {
      fail(ErrorKind::kInput, "{}: offset {}: expected the end of the file, found {} more bytes",
           file_, next_, most_left());
    }
  }

  std::uint64_t most_left() const override { return bytes_.size() - next_; }

 private:
  std::string file_;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t next_ = 0;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::string file, std::vector<std::uint8_t> bytes)
      : file_(std::move(file)), bytes_(std::move(bytes)) {
    stream_.next_in = bytes_.data();
    stream_.avail_in = static_cast<uInt>(bytes_.size());
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (::inflateInit2(&stream_, kGzipOnly) != Z_OK) {
      fail(ErrorKind::kRuntime, "{}: cannot start zlib: out of memory", file_);
    }
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  void read(std::uint8_t* out, std::uint64_t count, const std::string& what) override {
    const std::uint64_t found = inflate_up_to(out, count);
    if (found < count) {
      fail(ErrorKind::kInput,
           "{}: offset {}: {}: expected {} bytes, the gzip stream ends after {} of them", file_,
           stream_.total_in, what, count, found);
    }
  }

  void expect_end() override {
    std::uint8_t extra = 0;
    if (inflate_up_to(&extra, 1) != 0) {
      fail(ErrorKind::kInput, "{}: offset {}: expected the end of the data, found more of it",
           file_, stream_.total_in);
    }
    if (stream_.avail_in != 0) {
      fail(ErrorKind::kInput,
           "{}: offset {}: expected the end of the file after the gzip stream, found {} more bytes",
           file_, stream_.total_in, stream_.avail_in);
    }
  }

  std::uint64_t most_left() const override { return stream_.avail_in * kMaxDeflateRatio; }

 private:
  /// Unpacks until `count` bytes are available or the stream ends. Returns the number of bytes.
  std::uint64_t inflate_up_to(std::uint8_t* out, std::uint64_t count) {
    std::uint64_t done = 0;
    while (done < count && !ended_) {
      constexpr std::uint64_t kChunk = 1U << 30;
      const auto room = static_cast<uInt>(std::min(count - done, kChunk));
      stream_.next_out = out + done;
      stream_.avail_out = room;
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      ended_ = status == Z_STREAM_END;
      if (status != Z_OK && status != Z_STREAM_END) fail_inflate(status);
    }
    return done;
  }

  [[noreturn]] void fail_inflate(int status) const {
    if (status == Z_BUF_ERROR) {
      fail(ErrorKind::kInput, "{}: offset {}: the gzip stream is cut off", file_, stream_.total_in);
    }
    fail(ErrorKind::kInput, "{}: offset {}: the gzip stream is corrupted: {}", file_,
         stream_.total_in, stream_.msg != nullptr ? stream_.msg : ::zError(status));
  }

  std::string file_;
  std::vector<std::uint8_t> bytes_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
  auto bytes = read_file(path, kMaxFileBytes);
  const bool gzipped = bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
  if (gzipped) return std::make_unique<GzipSource>(path.string(), std::move(bytes));
  return std::make_unique<PlainSource>(path.string(), std::move(bytes));
}

}  // namespace staa::data
