#include "staa/events/byte_reader.h"

#include <algorithm>

#include "staa/util/error.h"

namespace staa::events {

void ByteReader::seek(std::uint64_t offset) {
  if (offset >= block_offset_ && offset <= block_offset_ + block_.size()) {
    next_ = static_cast<std::size_t>(offset - block_offset_);
    return;
  }
  block_.clear();
  block_offset_ = std::min(offset, file_.size());
  next_ = 0;
}

std::size_t ByteReader::prepare(std::size_t count) {
  const std::size_t ready = block_.size() - next_;
  if (ready >= count || ready >= left()) return ready;
  // Move the rest of the block to its front and fill up from the file.
  block_offset_ += next_;
  std::copy(block_.begin() + static_cast<std::ptrdiff_t>(next_), block_.end(), block_.begin());
  next_ = 0;
  const auto whole = std::min<std::uint64_t>(kBlockBytes, file_.size() - block_offset_);
  block_.resize(static_cast<std::size_t>(whole));
  file_.read_at(block_offset_ + ready, block_.data() + ready, block_.size() - ready);
  return block_.size();
}

const std::uint8_t* ByteReader::take(std::size_t count, const char* what) {
  if (prepare(count) < count) {
    fail(ErrorKind::kInput, "{}: offset {}: {}: expected {} bytes, found {}", name(), offset(),
         what, count, left());
  }
  const std::uint8_t* bytes = block_.data() + next_;
  next_ += count;
  return bytes;
}

ByteReader::Records ByteReader::take_records(std::size_t record_bytes, std::size_t most,
                                             const char* what) {
  const std::size_t ready = prepare(record_bytes);
  if (ready == 0) return {};
  if (ready < record_bytes) take(record_bytes, what);  // throws
  const std::size_t count = std::min(ready / record_bytes, most);
  const Records records{block_.data() + next_, count};
  next_ += count * record_bytes;
  return records;
}

int ByteReader::peek() { return prepare(1) > 0 ? block_[next_] : -1; }

bool ByteReader::starts_with(std::string_view bytes) {
  return prepare(bytes.size()) >= bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), block_.begin() + static_cast<std::ptrdiff_t>(next_),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

std::string ByteReader::take_line(const char* what) {
  const std::size_t ready = std::min(prepare(kMaxLineBytes), kMaxLineBytes);
  const auto begin = block_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto end = begin + static_cast<std::ptrdiff_t>(ready);
  const auto newline = std::find(begin, end, '\n');
  if (newline == end) {
    fail(ErrorKind::kInput, "{}: offset {}: {}: expected a line end within {} bytes, found none",
         name(), offset(), what, ready);
  }
  std::string line(begin, newline);
  next_ += line.size() + 1;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

}  // namespace staa::events
