#include "staa/data/codecs/jpeg.h"

#include <cstdio>
// jpeglib.h does not include what it needs.
#include <hwy/aligned_allocator.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "staa/util/error.h"

#ifndef LIBJPEG_TURBO_VERSION
#error "libjpeg-turbo is needed: other libjpegs cannot decode a part of an image"
#endif

namespace staa::data {
namespace {

/// Colour is interpolated from neighbouring pixels, which the ends of a row lack.
constexpr std::int64_t kMargin = 2;
/// A progressive file may repeat tiny scans, each of which costs as much time as an image.
constexpr int kMaxScans = 200;
constexpr std::int64_t kRowsAtOnce = 16;

/// Converts an Adobe CMYK image without a colour profile. `cmyk` holds inverted inks.
void cmyk_to_rgb(const std::uint8_t* cmyk, std::int64_t width, std::uint8_t* rgb) {
  for (std::int64_t x = 0; x < width; ++x) {
    for (int c = 0; c < 3; ++c) {
      rgb[3 * x + c] = static_cast<std::uint8_t>((cmyk[4 * x + c] * cmyk[4 * x + 3] + 127) / 255);
    }
  }
}

/// Whether a warning affects no pixel. This is so for header entries of cameras and editors that
/// libjpeg does not interpret, and for bytes between segments. libjpeg reports lost, truncated or
/// out-of-sync entropy-coded data only as warnings too.
bool is_harmless(const jpeg_error_mgr& message) {
  switch (message.msg_code) {
    case JWRN_ADOBE_XFORM:  // the colours are the same without the segment
    case JWRN_BOGUS_ICC:    // profiles are not read
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:  // a sequential scan allows only one choice of these numbers
      return true;
    case JWRN_EXTRANEOUS_DATA: {  // some bytes before this marker
      const int marker = message.msg_parm.i[1];
      return marker < JPEG_RST0 || marker > JPEG_RST0 + 7;
    }
    default:
      return false;
  }
}

}  // namespace

/// libjpeg reports errors by calling a function that must not return. This one uses longjmp, which
/// must not skip a destructor. So all calls of libjpeg that can fail are in static functions
/// without local objects, and everything that lives longer is a member.
struct JpegReader::State {
  explicit State(std::string name) : file(std::move(name)) {
    decoder.err = ::jpeg_std_error(&errors);
    errors.error_exit = on_error;
    errors.emit_message = on_message;
    monitor.progress_monitor = on_progress;
  }
  ~State() { ::jpeg_destroy_decompress(&decoder); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static bool read_header(State& state, const std::uint8_t* bytes, std::size_t count);
  /// Starts decoding, and adjusts left and width to the boundaries at which libjpeg-turbo can crop.
  static bool start(State& state, int denominator, JDIMENSION* left, JDIMENSION* width);
  static bool skip_rows(State& state, JDIMENSION count);
  /// Reads as many rows as fit into memory or are still needed.
  static bool read_rows(State& state);
  /// Looks for the end of the image, after the last row that is needed.
  static bool end(State& state);

  [[noreturn]] void fail_decoding() const {
    fail(ErrorKind::kInput, "{}: cannot decode as JPEG: {}", file, reason);
  }
  bool is_cmyk() const {
    return decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
  }
  /// Whether the image has an end marker. It may have been read by the marker reader or by the
  /// decoder, or be in the remaining bytes, where nothing else can look like it.
  bool has_end() {
    if (::jpeg_input_complete(&decoder) != 0 || decoder.unread_marker == JPEG_EOI) return true;
    static constexpr JOCTET kEnd[] = {0xff, JPEG_EOI};
    const JOCTET* rest = decoder.src->next_input_byte;
    const JOCTET* end = rest + decoder.src->bytes_in_buffer;
    return std::find_end(rest, end, std::begin(kEnd), std::end(kEnd)) != end;
  }

  [[noreturn]] static void on_error(j_common_ptr decoder);
  static void on_message(j_common_ptr decoder, int level);
  static void on_progress(j_common_ptr decoder);
  static State& of(j_common_ptr decoder) { return *static_cast<State*>(decoder->client_data); }

  std::string file;
  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr monitor{};
  std::jmp_buf failed{};
  char reason[JMSG_LENGTH_MAX] = "";
  std::uint8_t* row(std::int64_t index) { return memory.get() + 1 + index * stride; }

  /// Memory for some rows. If rows were decoded and processed one at a time, the two steps would
  /// evict each other's data from the L1 cache. libjpeg-turbo bypasses the caches when memory is
  /// aligned for its vectors, but these rows are read at once, so that they start at unaligned
  /// addresses.
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> memory;
  std::int64_t stride = 0;
  std::int64_t decoded = 0;        // rows in memory
  std::int64_t taken = 0;          // number of them already returned
  std::vector<std::uint8_t> inks;  // one row of a CMYK image
  std::int64_t rows_left = 0;
};

void JpegReader::State::on_error(j_common_ptr decoder) {
  State& state = of(decoder);
  decoder->err->format_message(decoder, state.reason);
  std::longjmp(state.failed, 1);
}

void JpegReader::State::on_message(j_common_ptr decoder, int level) {
  if (level >= 0) return;  // a trace, not a warning
  if (!is_harmless(*decoder->err)) on_error(decoder);
}

void JpegReader::State::on_progress(j_common_ptr decoder) {
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMaxScans) return;
  State& state = of(decoder);
  std::snprintf(state.reason, sizeof state.reason, "more than %d scans", kMaxScans);
  std::longjmp(state.failed, 1);
}

bool JpegReader::State::read_header(State& state, const std::uint8_t* bytes, std::size_t count) {
  if (setjmp(state.failed) != 0) return false;
  ::jpeg_create_decompress(&state.decoder);
  state.decoder.client_data = &state;
  state.decoder.progress = &state.monitor;
  ::jpeg_mem_src(&state.decoder, bytes, count);
  ::jpeg_read_header(&state.decoder, TRUE);
  return true;
}

bool JpegReader::State::start(State& state, int denominator, JDIMENSION* left, JDIMENSION* width) {
  if (setjmp(state.failed) != 0) return false;
  state.decoder.scale_num = 1;
  state.decoder.scale_denom = static_cast<unsigned>(denominator);
  ::jpeg_start_decompress(&state.decoder);
  if (*width < state.decoder.output_width) ::jpeg_crop_scanline(&state.decoder, left, width);
  return true;
}

bool JpegReader::State::skip_rows(State& state, JDIMENSION count) {
  if (setjmp(state.failed) != 0) return false;
  if (count > 0) ::jpeg_skip_scanlines(&state.decoder, count);
  return true;
}

bool JpegReader::State::read_rows(State& state) {
  if (setjmp(state.failed) != 0) return false;
  state.taken = 0;
  state.decoded = std::min(kRowsAtOnce, state.rows_left);
  state.rows_left -= state.decoded;
  for (std::int64_t y = 0; y < state.decoded; ++y) {
    JSAMPROW target = state.inks.empty() ? state.row(y) : state.inks.data();
    ::jpeg_read_scanlines(&state.decoder, &target, 1);
    if (!state.inks.empty()) {
      cmyk_to_rgb(state.inks.data(), state.decoder.output_width, state.row(y));
    }
  }
  return true;
}

bool JpegReader::State::end(State& state) {
  if (setjmp(state.failed) != 0) return false;
  if (state.decoder.output_scanline == state.decoder.output_height) {
    ::jpeg_finish_decompress(&state.decoder);
    return true;
  }
  const bool ended = state.has_end();
  if (!ended) std::strcpy(state.reason, "no end of image: the file is cut off");
  return ended;
}

JpegReader::JpegReader(const std::string& file, const std::uint8_t* bytes, std::size_t count)
    : state_(std::make_unique<State>(file)) {
  if (!State::read_header(*state_, bytes, count)) state_->fail_decoding();
  check_image_extent(file, state_->decoder.image_width, state_->decoder.image_height);
}

JpegReader::~JpegReader() = default;

ImageShape JpegReader::shape() const {
  const auto& decoder = state_->decoder;
  return {decoder.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3, decoder.image_height,
          decoder.image_width};
}

PixelRows JpegReader::rows(const Box& box, std::int64_t denominator, std::int64_t channels) {
  auto& decoder = state_->decoder;
  decoder.out_color_space = state_->is_cmyk() ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  const auto down = [&](std::int64_t x) { return x / denominator; };
  const auto up = [&](std::int64_t x) { return (x + denominator - 1) / denominator; };
  const std::int64_t width = up(decoder.image_width);
  const std::int64_t height = up(decoder.image_height);
  const auto left = std::max<std::int64_t>(down(box.left) - kMargin, 0);
  const auto right = std::min(up(box.left + box.width) + kMargin, width);
  auto cut_left = static_cast<JDIMENSION>(left);
  auto cut_width = static_cast<JDIMENSION>(right - left);
  const auto top = down(box.top);
  if (!State::start(*state_, static_cast<int>(denominator), &cut_left, &cut_width) ||
      !State::skip_rows(*state_, static_cast<JDIMENSION>(top))) {
    state_->fail_decoding();
  }
  const auto bottom = std::min(up(box.top + box.height), height);
  const ImageShape shape{channels, bottom - top, decoder.output_width};
  state_->rows_left = shape.height;
  // a multiple of the vector size
  state_->stride = (shape.width * channels + 63) / 64 * 64;
  state_->memory = hwy::AllocateAligned<std::uint8_t>(
      static_cast<std::size_t>(kRowsAtOnce * state_->stride + 1));
  if (state_->is_cmyk()) state_->inks.resize(std::size_t{4} * decoder.output_width);
  return {shape, cut_left, top, denominator, [this] {
            if (state_->taken == state_->decoded && !State::read_rows(*state_)) {
              state_->fail_decoding();
            }
            return state_->row(state_->taken++);
          }};
}

void JpegReader::finish() {
  while (state_->rows_left > 0) {
    if (!State::read_rows(*state_)) state_->fail_decoding();
  }
  if (!State::end(*state_)) state_->fail_decoding();
}

Image decode_jpeg(const std::string& file, const std::uint8_t* bytes, std::size_t count) {
  JpegReader reader(file, bytes, count);
  const auto shape = reader.shape();
  const auto rows = reader.rows({0, 0, shape.width, shape.height}, 1, shape.channels);
  auto image = read_rows(rows);
  reader.finish();
  return image;
}

}  // namespace staa::data
