#include "staa/events/writer.h"

#include <algorithm>
#include <vector>

#include "staa/events/aedat2.h"
#include "staa/events/atis.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::int64_t kAtisClock = std::int64_t{1} << 23;
constexpr std::int64_t kAedat2Clock = std::int64_t{1} << 32;

/// Copies all events to a writer for a format whose clock ends at `clock`.
template <typename Writer>
Written copy(EventStream& stream, Writer& writer, std::int64_t clock) {
  std::vector<Event> chunk(kChunkEvents);
  Written written;
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    const auto first = chunk[0].t;
    if (written.events == 0 && (first < 0 || first >= clock)) written.time_offset = first;
    for (std::size_t i = 0; i < count; ++i) {
      chunk[i].t = static_cast<std::int64_t>(static_cast<std::uint64_t>(chunk[i].t) -
                                             static_cast<std::uint64_t>(written.time_offset));
    }
    writer.add(chunk.data(), count);
    written.events += count;
  }
  writer.finish();
  return written;
}

}  // namespace

Format format_to_write(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".npz") return Format::kNpz;
  if (extension == ".bin" || extension == ".bs2") return Format::kAtis;
  if (extension == ".aedat") return Format::kAedat2;
  if (extension == ".h5" || extension == ".hdf5") return Format::kHdf5;
  fail(ErrorKind::kUsage, "{}: expected a name that ends with .npz, .bin, .aedat or .h5",
       path.string());
}

Written write_recording(EventStream& stream, const std::filesystem::path& path, Format format) {
  if (format == Format::kNpz) return {write_npz(stream, path), 0};
  if (format == Format::kHdf5) return {write_hdf5(stream, path), 0};
  if (format == Format::kAtis) {
    AtisWriter writer(path);
    return copy(stream, writer, kAtisClock);
  }
  Aedat2Writer writer(path, Aedat2Address::kDvs128, stream.sensor());
  return copy(stream, writer, kAedat2Clock);
}

}  // namespace staa::events
