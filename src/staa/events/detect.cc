// format_of() and how it recognises the format of a recording.
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "staa/events/byte_reader.h"
#include "staa/events/prophesee_header.h"
#include "staa/events/recording.h"
#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::events {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kStartBytes = std::size_t{1} << 14;

/// A format and the bytes that all its files begin with.
struct Mark {
  std::string_view bytes;
  Format format;
};

constexpr Mark kMarks[] = {
    {"#!AER-DAT2.0"sv, Format::kAedat2}, {"#!AER-DAT3.1"sv, Format::kAedat31},
    {"#!AER-DAT4.0"sv, Format::kAedat4}, {"\x89HDF\r\n\x1a\n"sv, Format::kHdf5},
    {"PK\3\4"sv, Format::kNpz},          {"PK\5\6"sv, Format::kNpz},
    {"\x93NUMPY"sv, Format::kNpy},
};

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_text(std::string_view start) {
  return !start.empty() && std::all_of(start.begin(), start.end(), [](char c) {
    return std::isprint(static_cast<unsigned char>(c)) != 0 || c == '\n' || c == '\r' || c == '\t';
  });
}

/// For a header with lines "% ...": EVT if it names a version, else .dat.
Format prophesee_format(const std::filesystem::path& path) {
  ByteReader reader(path);
  const auto header = read_prophesee_header(reader);
  if (header.evt == "2.0") return Format::kEvt2;
  if (header.evt == "2.1") return Format::kEvt21;
  if (header.evt == "3.0") return Format::kEvt3;
  if (header.evt.empty()) return Format::kDat;
  fail(ErrorKind::kInput, "{}: offset 0: expected EVT 2.0, 2.1 or 3.0, found EVT {}", path.string(),
       header.evt.substr(0, 20));
}

/// Whether the times of 5-byte events rise, except for at most one in a hundred.
bool looks_like_atis(std::string_view start, std::uint64_t size) {
  constexpr std::size_t kEventBytes = 5;
  if (size == 0 || size % kEventBytes != 0) return false;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(start[at]); };
  const std::size_t count = start.size() / kEventBytes;
  std::size_t falls = 0;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = i * kEventBytes;
    const std::uint32_t t =
        (byte(at + 2) & 0x7fU) << 16 | std::uint32_t{byte(at + 3)} << 8 | byte(at + 4);
    constexpr std::uint8_t kClockMark = 240;
    if (byte(at + 1) == kClockMark) {
      last = 0;
      continue;
    }
    falls += t < last ? 1 : 0;
    last = t;
  }
  return falls * 100 <= count;
}

}  // namespace

Format format_of(const std::filesystem::path& path) {
  std::string start;
  std::uint64_t size = 0;
  {
    const InputFile file(path);
    size = file.size();
    start.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, kStartBytes)));
    file.read_at(0, start.data(), start.size());
  }
  for (const auto& mark : kMarks) {
    if (begins_with(start, mark.bytes)) return mark.format;
  }
  if (begins_with(start, "#!AER-DAT")) {
    fail(ErrorKind::kInput,
         "{}: offset 0: expected AEDAT 2.0, 3.1 or 4.0 (\"#!AER-DAT2.0\" and so on), found \"{}\"",
         path.string(), start.substr(0, std::min<std::size_t>(12, start.find_first_of("\r\n"))));
  }
  const auto line = std::string_view(start).substr(0, start.find('\n'));
  const bool has_line = line.size() < start.size();
  if (begins_with(start, "% ") && has_line && is_text(line)) return prophesee_format(path);
  if (is_text(start)) return Format::kText;
  const auto extension = path.extension();
  if (extension == ".bin" || extension == ".bs2" || looks_like_atis(start, size)) {
    return Format::kAtis;
  }
  fail(ErrorKind::kInput,
       "{}: expected a recording of events: AEDAT 2.0, 3.1 or 4, Prophesee EVT 2.0, 2.1, 3.0 or "
       ".dat, HDF5, .npz, .npy, text \"t x y p\" or 5-byte events (.bin, .bs2); {}",
       path.string(), size == 0 ? "the file is empty" : "its first bytes are of none of them");
}

}  // namespace staa::events
