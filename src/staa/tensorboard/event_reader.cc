#include <array>

#include "event.pb.h"
#include "staa/tensorboard/crc32c.h"
#include "staa/tensorboard/events.h"
#include "staa/util/error.h"

namespace staa::tensorboard {
namespace {

constexpr std::uint64_t kHeaderBytes = 12;  // a length of 8 bytes and its CRC
constexpr std::uint64_t kFooterBytes = 4;   // the message's CRC
/// Far above the size of any of our events; a larger length is an error.
constexpr std::uint64_t kMaxMessage = std::uint64_t{64} << 20;

std::uint64_t little_endian(const char* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

Event from_wire(const wire::Event& message) {
  Event event;
  event.wall_time = message.wall_time();
  event.step = message.step();
  event.file_version = message.file_version();
  event.start = message.session_log().status() == wire::SessionLog::START;
  for (const auto& value : message.summary().value()) {
    event.scalars.push_back({value.tag(), value.simple_value()});
  }
  return event;
}

}  // namespace

std::optional<Event> EventReader::next() {
  const auto left = file_.size() - offset_;
  if (left == 0) return std::nullopt;
  const auto refuse = [this](const char* what) {
    fail(ErrorKind::kInput, "{}: record at byte {}: {}", file_.name(), offset_, what);
  };
  if (left < kHeaderBytes) refuse("cut short in its length");
  std::array<char, kHeaderBytes> header{};
  file_.read_at(offset_, header.data(), header.size());
  if (little_endian(header.data() + 8, 4) != masked_crc32c(header.data(), 8)) {
    refuse("its length does not agree with the CRC behind it");
  }
  const auto length = little_endian(header.data(), 8);
  if (length > kMaxMessage) refuse("longer than any event");
  if (left - kHeaderBytes < length + kFooterBytes) refuse("cut short");
  std::string body(length + kFooterBytes, '\0');
  file_.read_at(offset_ + kHeaderBytes, body.data(), body.size());
  if (little_endian(body.data() + length, 4) != masked_crc32c(body.data(), length)) {
    refuse("its bytes do not agree with the CRC behind them");
  }
  wire::Event message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(length))) refuse("not an event");
  offset_ += kHeaderBytes + body.size();
  return from_wire(message);
}

}  // namespace staa::tensorboard
