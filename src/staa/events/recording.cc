#include "staa/events/recording.h"

#include <algorithm>
#include <array>
#include <utility>

#include "staa/events/aedat2.h"
#include "staa/events/aedat31.h"
#include "staa/events/aedat4.h"
#include "staa/events/atis.h"
#include "staa/events/dat.h"
#include "staa/events/evt.h"
#include "staa/events/hdf5.h"
#include "staa/events/npy_events.h"
#include "staa/events/npz.h"
#include "staa/events/text_events.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr Sensor kAnyAtisSensor{256, 240};  // all pixels that it can address

/// The events of another stream with times in [begin, end).
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
  const auto& path = recording.path;
  const auto& asked = recording.sensor;
  switch (recording.format) {
    case Format::kAedat2:
      return open_aedat2(path, Aedat2Address::kDvs128);
    case Format::kAedat2Cifar10:
      return open_aedat2(path, Aedat2Address::kCifar10Dvs);
    case Format::kAedat31:
      return open_aedat31(path, choose_sensor({}, asked));
    case Format::kAtis:
      return open_atis(path, asked == Sensor{} ? kAnyAtisSensor : asked);
    case Format::kNpz:
      return open_npz(path, choose_sensor({}, asked));
    case Format::kAedat4:
      return open_aedat4(path, asked);
    case Format::kEvt2:
    case Format::kEvt21:
    case Format::kEvt3:
      return open_evt(path, asked);
    case Format::kDat:
      return open_dat(path, asked);
    case Format::kHdf5:
      return open_hdf5(path, asked, recording.begin);
    case Format::kNpy:
      return open_npy(path, asked);
    case Format::kText:
      return open_text(path, asked);
  }
  fail(ErrorKind::kUsage, "{}: unknown format", path.string());
}

bool is_aedat2(Format format) {
  return format == Format::kAedat2 || format == Format::kAedat2Cifar10;
}

}  // namespace

const char* to_string(Format format) {
  constexpr std::array<const char*, 13> kNames{"aedat2",   "aedat2-cifar10-dvs",
                                               "aedat3.1", "atis",
                                               "npz",      "aedat4",
                                               "evt2",     "evt2.1",
                                               "evt3",     "dat",
                                               "hdf5",     "npy",
                                               "text"};
  return kNames.at(static_cast<std::size_t>(format));
}

Sensor stated_sensor(const std::filesystem::path& path, Format format) {
  if (format == Format::kAtis || format == Format::kNpz || format == Format::kNpy ||
      format == Format::kAedat31) {
    return {};
  }
  const auto sensor = open_whole({path, format, {}})->sensor();
  return sensor == kAnySensor ? Sensor{} : sensor;
}

std::unique_ptr<EventStream> open_recording(const Recording& recording) {
  auto whole = open_whole(recording);
  const auto stated = whole->sensor();
  const auto& asked = recording.sensor;
  if (!(asked == Sensor{}) && !(stated == asked) && !is_aedat2(recording.format)) {
    fail(ErrorKind::kInput, "{}: it says that it is of a sensor of {}x{}, expected {}x{}",
         recording.path.string(), stated.width, stated.height, asked.width, asked.height);
  }
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
