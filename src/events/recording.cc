#include "staa/events/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include "staa/events/aedat2.h"
#include "staa/events/aedat31.h"
#include "staa/events/atis.h"
#include "staa/events/npz.h"
#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::events {
namespace {

/// The events of another stream within [begin, end).
class Span : public EventStream {
 public:
  Span(std::unique_ptr<EventStream> whole, std::int64_t begin, std::int64_t end)
      : whole_(std::move(whole)), begin_(begin), end_(end) {}

  const std::string& name() const override { return whole_->name(); }
  Sensor sensor() const override { return whole_->sensor(); }
  const Skipped& skipped() const override { return whole_->skipped(); }
  void rewind() override { whole_->rewind(); }

  std::size_t read(Event* out, std::size_t capacity) override {
    for (;;) {
      const auto count = whole_->read(out, capacity);
      if (count == 0) return 0;
      const auto* kept = std::remove_if(
          out, out + count, [this](const Event& e) { return e.t < begin_ || e.t >= end_; });
      if (kept != out) return static_cast<std::size_t>(kept - out);
    }
  }

 private:
  std::unique_ptr<EventStream> whole_;
  std::int64_t begin_;
  std::int64_t end_;
};

std::unique_ptr<EventStream> open_whole(const Recording& recording) {
  switch (recording.format) {
    case Format::kAedat2:
      return open_aedat2(recording.path, Aedat2Address::kDvs128);
    case Format::kAedat2Cifar10:
      return open_aedat2(recording.path, Aedat2Address::kCifar10Dvs);
    case Format::kAedat31:
      return open_aedat31(recording.path, recording.sensor);
    case Format::kAtis:
      return open_atis(recording.path, recording.sensor);
    case Format::kNpz:
      return open_npz(recording.path, recording.sensor);
  }
  fail(ErrorKind::kUsage, "{}: unknown format", recording.path.string());
}

Format aedat_version(const std::filesystem::path& path) {
  const InputFile file(path);
  std::string start(std::min<std::uint64_t>(file.size(), 12), '\0');
  file.read_at(0, start.data(), start.size());
  if (start == "#!AER-DAT2.0") return Format::kAedat2;
  if (start == "#!AER-DAT3.1") return Format::kAedat31;
  if (start.rfind("#!AER-DAT4", 0) == 0) {
    fail(ErrorKind::kInput, "{}: AEDAT 4 is not supported: expected AEDAT 2.0 or 3.1",
         path.string());
  }
  fail(ErrorKind::kInput, "{}: offset 0: expected \"#!AER-DAT2.0\" or \"#!AER-DAT3.1\"",
       path.string());
}

}  // namespace

const char* to_string(Format format) {
  constexpr std::array<const char*, 5> kNames{"aedat2", "aedat2-cifar10-dvs", "aedat3.1", "atis",
                                              "npz"};
  return kNames.at(static_cast<std::size_t>(format));
}

Format format_of(const std::filesystem::path& path) {
  const auto extension = path.extension();
  if (extension == ".bin" || extension == ".bs2") return Format::kAtis;
  if (extension == ".npz") return Format::kNpz;
  if (extension == ".aedat" || extension == ".aedat4") return aedat_version(path);
  fail(ErrorKind::kInput, "{}: expected a recording (.aedat, .bin, .bs2 or .npz)", path.string());
}

std::unique_ptr<EventStream> open_recording(const Recording& recording) {
  auto whole = open_whole(recording);
  const bool all = recording.begin == std::numeric_limits<std::int64_t>::min() &&
                   recording.end == std::numeric_limits<std::int64_t>::max();
  if (all) return whole;
  return std::make_unique<Span>(std::move(whole), recording.begin, recording.end);
}

std::vector<Event> read_all(EventStream& stream) {
  std::vector<Event> events;
  std::size_t count = 0;
  for (;;) {
    if (events.size() < count + kChunkEvents) events.resize(2 * count + kChunkEvents);
    const auto got = stream.read(events.data() + count, kChunkEvents);
    if (got == 0) break;
    count += got;
  }
  events.resize(count);
  return events;
}

void extend(Extent& extent, const Event* events, std::size_t count) {
  if (count == 0) return;
  if (extent.count == 0) extent.first = extent.last = events[0].t;
  for (std::size_t i = 0; i < count; ++i) {
    extent.first = std::min(extent.first, events[i].t);
    extent.last = std::max(extent.last, events[i].t);
  }
  extent.count += count;
}

Extent measure(EventStream& stream) {
  std::vector<Event> chunk(kChunkEvents);
  Extent extent;
  while (const auto count = stream.read(chunk.data(), chunk.size())) {
    extend(extent, chunk.data(), count);
  }
  return extent;
}

}  // namespace staa::events
