#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "staa/events/writer.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::events {
namespace {

/// The name and type of an array, and the function that stores an event's value.
struct Array {
  const char* name;
  const char* type;
  std::size_t bytes;
  void (*put)(const Event& event, std::uint8_t* out);
};

template <typename T>
void store(T value, std::uint8_t* out) {
  std::memcpy(out, &value, sizeof(value));  // little-endian, like this machine
}

constexpr std::array<Array, 4> kArrays{{
    {"t.npy", "<i8", 8, [](const Event& e, std::uint8_t* out) { store(e.t, out); }},
    {"x.npy", "<u2", 2, [](const Event& e, std::uint8_t* out) { store(e.x, out); }},
    {"y.npy", "<u2", 2, [](const Event& e, std::uint8_t* out) { store(e.y, out); }},
    {"p.npy", "|u1", 1, [](const Event& e, std::uint8_t* out) { store(e.polarity, out); }},
}};

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
  return out;
}

std::string array_header(const Array& array, std::uint64_t count) {
  auto text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", array.type, count);
  constexpr std::size_t kBefore = 10;
  text.resize((kBefore + text.size() + 1 + 63) / 64 * 64 - kBefore - 1, ' ');
  text += '\n';
  return std::string("\x93NUMPY\1\0", 8) + number(text.size(), 2) + text;
}

/// Calls use(bytes, count) with an array's values, chunk by chunk.
template <typename Use>
void for_values(EventStream& stream, const Array& array, std::vector<Event>& chunk, Use use) {
  std::vector<std::uint8_t> bytes(chunk.size() * array.bytes);
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    for (std::size_t i = 0; i < count; ++i) array.put(chunk[i], bytes.data() + i * array.bytes);
    use(bytes.data(), count * array.bytes);
  }
  stream.rewind();
}

/// An array's entry in the archive.
struct Member {
  std::string header;  ///< header of the array
  std::uint32_t checksum = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;

  std::string common() const {
    return number(20, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0x21, 2) +
           number(checksum, 4) + number(bytes, 4) + number(bytes, 4);
  }
};

}  // namespace

std::uint64_t write_npz(EventStream& stream, const std::filesystem::path& path) {
  std::vector<Event> chunk(kChunkEvents);
  const auto events = measure(stream).count;
  stream.rewind();
  constexpr std::uint64_t kMostEvents = (std::uint64_t{1} << 32) / 13 - 1000;
  if (events > kMostEvents) {
    fail(ErrorKind::kUsage, "{}: an .npz file holds up to {} events, found {}: write .h5 instead",
         path.string(), kMostEvents, events);
  }
  AtomicFile file(path);
  std::array<Member, kArrays.size()> members;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < kArrays.size(); ++i) {
    const auto& array = kArrays[i];
    auto& member = members[i];
    member.header = array_header(array, events);
    member.bytes = member.header.size() + events * array.bytes;
    member.offset = offset;
    auto sum =
        ::crc32_z(0, reinterpret_cast<const Bytef*>(member.header.data()), member.header.size());
    for_values(stream, array, chunk, [&](const std::uint8_t* bytes, std::size_t count) {
      sum = ::crc32_z(sum, bytes, count);
    });
    member.checksum = static_cast<std::uint32_t>(sum);
    const std::string name = array.name;
    const auto head = "PK\3\4" + member.common() + number(name.size(), 2) + number(0, 2) + name;
    file.write(head);
    file.write(member.header);
    for_values(stream, array, chunk,
               [&](const std::uint8_t* bytes, std::size_t count) { file.write(bytes, count); });
    offset += head.size() + member.bytes;
  }
  std::string directory;
  for (std::size_t i = 0; i < kArrays.size(); ++i) {
    const std::string name = kArrays[i].name;
    directory += "PK\1\2" + number(20, 2) + members[i].common() + number(name.size(), 2) +
                 number(0, 12) + number(members[i].offset, 4) + name;
  }
  file.write(directory);
  file.write("PK\5\6" + number(0, 4) + number(kArrays.size(), 2) + number(kArrays.size(), 2) +
             number(directory.size(), 4) + number(offset, 4) + number(0, 2));
  file.commit();
  return events;
}

}  // namespace staa::events
