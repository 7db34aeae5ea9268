#include "staa/events/zip.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::uint32_t kEndMark = 0x06054b50;
constexpr std::uint32_t kEntryMark = 0x02014b50;
constexpr std::uint32_t kLocalMark = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kMaxCommentBytes = 0xffff;
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

std::uint16_t half(const std::uint8_t* bytes) {
  return static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8);
}

std::uint32_t word(const std::uint8_t* bytes) {
  return std::uint32_t{half(bytes)} | std::uint32_t{half(bytes + 2)} << 16;
}

[[noreturn]] void refuse(const InputFile& file, std::uint64_t offset, const std::string& why) {
  fail(ErrorKind::kInput, "{}: offset {}: {}", file.name(), offset, why);
}

std::vector<std::uint8_t> bytes_at(const InputFile& file, std::uint64_t offset, std::size_t count,
                                   const char* what) {
  if (offset > file.size() || count > file.size() - offset) {
    refuse(file, offset,
           fmt::format("{}: expected {} bytes, the file ends at {}", what, count, file.size()));
  }
  std::vector<std::uint8_t> bytes(count);
  file.read_at(offset, bytes.data(), count);
  return bytes;
}

struct Directory {
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
  std::size_t members = 0;
};

/// Finds the directory: its position is in a record at the end of the archive, before an optional
/// comment.
Directory find_directory(const InputFile& file) {
  if (file.size() >= std::numeric_limits<std::uint32_t>::max()) {
    refuse(file, 0, "archives of 4 GiB or more are not supported");
  }
  const auto tail =
      static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kEndBytes + kMaxCommentBytes));
  const auto bytes = bytes_at(file, file.size() - tail, tail, "end of the archive");
  for (std::size_t at = tail < kEndBytes ? 0 : tail - kEndBytes + 1; at-- > 0;) {
    const std::uint8_t* end = bytes.data() + at;
    if (word(end) != kEndMark || half(end + 20) != tail - at - kEndBytes) continue;
    const Directory found{word(end + 16), word(end + 12), half(end + 10)};
    if (found.offset + found.bytes > file.size()) {
      refuse(file, file.size() - tail + at,
             fmt::format("a directory of {} bytes at offset {} does not fit the file", found.bytes,
                         found.offset));
    }
    return found;
  }
  refuse(file, file.size(), "expected a zip archive, found no directory at its end");
}

/// The start of a member's packed bytes, which follow a local header.
std::uint64_t data_offset(const InputFile& file, std::uint64_t header, const ZipMember& member) {
  const auto bytes = bytes_at(file, header, kLocalBytes, "header of a member");
  if (word(bytes.data()) != kLocalMark) {
    refuse(file, header, fmt::format("expected the header of {}", member.name));
  }
  const auto begin = header + kLocalBytes + half(bytes.data() + 26) + half(bytes.data() + 28);
  if (begin > file.size() || member.packed_bytes > file.size() - begin) {
    refuse(
        file, header,
        fmt::format("{}: {} packed bytes do not fit the file", member.name, member.packed_bytes));
  }
  return begin;
}

}  // namespace

std::vector<ZipMember> list_zip(const InputFile& file) {
  const auto directory = find_directory(file);
  const auto bytes = bytes_at(file, directory.offset, directory.bytes, "directory");
  std::vector<ZipMember> members;
  std::size_t at = 0;
  for (std::size_t i = 0; i < directory.members; ++i) {
    const auto offset = directory.offset + at;
    const std::uint8_t* entry = bytes.data() + at;
    if (bytes.size() - at < kEntryBytes || word(entry) != kEntryMark) {
      refuse(file, offset, fmt::format("expected member {} of the directory", i));
    }
    const std::size_t name_bytes = half(entry + 28);
    const std::size_t all = kEntryBytes + name_bytes + half(entry + 30) + half(entry + 32);
    if (bytes.size() - at < all) refuse(file, offset, "the directory is cut off");
    ZipMember member;
    member.name.assign(entry + kEntryBytes, entry + kEntryBytes + name_bytes);
    const auto flags = half(entry + 8);
    const auto method = half(entry + 10);
    if ((flags & 1) != 0) refuse(file, offset, member.name + " is encrypted");
    if (method != 0 && method != Z_DEFLATED) {
      refuse(
          file, offset,
          fmt::format("{}: expected it stored or deflated, found method {}", member.name, method));
    }
    member.deflated = method == Z_DEFLATED;
    member.checksum = word(entry + 16);
    member.packed_bytes = word(entry + 20);
    member.bytes = word(entry + 24);
    member.data_offset = data_offset(file, word(entry + 42), member);
    if (!member.deflated && member.bytes != member.packed_bytes) {
      refuse(file, offset, member.name + " is stored, yet its packed size is another");
    }
    members.push_back(std::move(member));
    at += all;
  }
  return members;
}

ZipMemberReader::ZipMemberReader(std::shared_ptr<const InputFile> file, ZipMember member)
    : file_(std::move(file)), member_(std::move(member)) {
  constexpr int kWithoutHeader = -MAX_WBITS;
  if (member_.deflated && ::inflateInit2(&stream_, kWithoutHeader) != Z_OK) {
    fail(ErrorKind::kRuntime, "{}: cannot start zlib: out of memory", file_->name());
  }
}

ZipMemberReader::~ZipMemberReader() {
  if (member_.deflated) ::inflateEnd(&stream_);
}

void ZipMemberReader::refuse(const std::string& why) const {
  events::refuse(*file_, member_.data_offset + packed_done_ - stream_.avail_in,
                 member_.name + ": " + why);
}

void ZipMemberReader::rewind() {
  packed_done_ = done_ = 0;
  checksum_ = 0;
  stream_.avail_in = 0;
  if (member_.deflated) ::inflateReset(&stream_);
}

void ZipMemberReader::read(void* out, std::size_t count) {
  auto* bytes = static_cast<std::uint8_t*>(out);
  if (count == 0) return;
  if (count > left()) refuse(fmt::format("expected {} more bytes, found {}", count, left()));
  if (member_.deflated) {
    inflate(bytes, count);
  } else {
    file_->read_at(member_.data_offset + done_, bytes, count);
    packed_done_ += count;
  }
  done_ += count;
  checksum_ = static_cast<std::uint32_t>(::crc32_z(checksum_, bytes, count));
  if (left() == 0 && checksum_ != member_.checksum) {
    refuse(fmt::format("checksum: expected {:#010x}, found {:#010x}", member_.checksum, checksum_));
  }
}

void ZipMemberReader::inflate(std::uint8_t* out, std::size_t count) {
  while (count > 0) {
    const auto room = static_cast<uInt>(std::min<std::size_t>(count, kBlockBytes));
    stream_.next_out = out;
    stream_.avail_out = room;
    if (stream_.avail_in == 0) refill();
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    const std::size_t made = room - stream_.avail_out;
    out += made;
    count -= made;
    if (status == Z_OK || (status == Z_STREAM_END && count == 0)) continue;
    if (status == Z_STREAM_END) refuse("the deflated stream ends early");
    if (status == Z_BUF_ERROR) refuse("the deflated stream is cut off");
    refuse(stream_.msg != nullptr ? stream_.msg : ::zError(status));
  }
}

void ZipMemberReader::refill() {
  const auto count = static_cast<std::size_t>(
      std::min<std::uint64_t>(kBlockBytes, member_.packed_bytes - packed_done_));
  block_.resize(count);
  if (count > 0) file_->read_at(member_.data_offset + packed_done_, block_.data(), count);
  packed_done_ += count;
  stream_.next_in = block_.data();
  stream_.avail_in = static_cast<uInt>(count);
}

}  // namespace staa::events
