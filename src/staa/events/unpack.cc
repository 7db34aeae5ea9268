#include "staa/events/unpack.h"

#include <lz4frame.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <string>

#include "staa/events/broken.h"

namespace staa::events {
namespace {

constexpr std::size_t kStep = std::size_t{1} << 16;  // the output grows by this many bytes

/// Enlarges the output by one step. Returns the old size.
std::size_t grow(std::vector<std::uint8_t>& out, std::size_t most) {
  const auto begin = out.size();
  if (begin >= most) throw Broken("unpacks to more than " + std::to_string(most) + " bytes");
  out.resize(std::min(most, begin + std::max(kStep, begin / 2)));
  return begin;
}

class Stored : public Unpacker {
 public:
  void add(const std::uint8_t* bytes, std::size_t count, std::vector<std::uint8_t>& out,
           std::size_t most) override {
    if (count > most - std::min(most, out.size())) {
      throw Broken("holds more than " + std::to_string(most) + " bytes");
    }
    out.insert(out.end(), bytes, bytes + count);
  }
  void finish() override {}
  void reset() override {}
};

/// The common part for both libraries. `step` unpacks from one buffer to another and returns
/// whether the frame is complete.
class Framed : public Unpacker {
 public:
  void add(const std::uint8_t* bytes, std::size_t count, std::vector<std::uint8_t>& out,
           std::size_t most) override {
    std::size_t begin = out.size();
    bool full = true;
    while (count > 0 || full) {
      if (whole_) {
        if (count > 0) throw Broken("has bytes behind the end of its frame");
        break;
      }
      begin = grow(out, most);
      std::size_t used = count;
      std::size_t made = out.size() - begin;
      const std::size_t room = made;
      whole_ = step(bytes, used, out.data() + begin, made);
      out.resize(begin + made);
      full = made == room;
      if (used == 0 && made == 0) break;
      bytes += used;
      count -= used;
    }
  }

  void finish() override {
    if (!whole_) throw Broken("ends within its compressed frame");
    reset();
  }

  void reset() override {
    whole_ = false;
    restart();
  }

 protected:
  virtual bool step(const std::uint8_t* in, std::size_t& in_bytes, std::uint8_t* out,
                    std::size_t& out_bytes) = 0;
  virtual void restart() = 0;

 private:
  bool whole_ = false;
};

class Lz4 : public Framed {
 public:
  Lz4() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) {
      throw std::bad_alloc();
    }
  }
  ~Lz4() override { LZ4F_freeDecompressionContext(context_); }
  Lz4(const Lz4&) = delete;
  Lz4& operator=(const Lz4&) = delete;

 protected:
  bool step(const std::uint8_t* in, std::size_t& in_bytes, std::uint8_t* out,
            std::size_t& out_bytes) override {
    const auto left = LZ4F_decompress(context_, out, &out_bytes, in, &in_bytes, nullptr);
    if (LZ4F_isError(left) != 0) throw Broken(std::string("LZ4: ") + LZ4F_getErrorName(left));
    return left == 0;
  }
  void restart() override { LZ4F_resetDecompressionContext(context_); }

 private:
  LZ4F_dctx* context_ = nullptr;
};

class Zstd : public Framed {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    // A frame may request a window of gigabytes; the size of a whole packet is enough.
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 27);
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

 protected:
  bool step(const std::uint8_t* in, std::size_t& in_bytes, std::uint8_t* out,
            std::size_t& out_bytes) override {
    ZSTD_inBuffer input{in, in_bytes, 0};
    ZSTD_outBuffer output{out, out_bytes, 0};
    const auto left = ZSTD_decompressStream(context_, &output, &input);
    if (ZSTD_isError(left) != 0) throw Broken(std::string("Zstandard: ") + ZSTD_getErrorName(left));
    in_bytes = input.pos;
    out_bytes = output.pos;
    return left == 0;
  }
  void restart() override { ZSTD_DCtx_reset(context_, ZSTD_reset_session_only); }

 private:
  ZSTD_DCtx* context_;
};

}  // namespace

std::unique_ptr<Unpacker> make_stored_unpacker() { return std::make_unique<Stored>(); }
std::unique_ptr<Unpacker> make_lz4_unpacker() { return std::make_unique<Lz4>(); }
std::unique_ptr<Unpacker> make_zstd_unpacker() { return std::make_unique<Zstd>(); }

}  // namespace staa::events
