#include "staa/events/usable.h"

#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::events {
namespace {

std::string count(std::uint64_t value) { return with_thousands(static_cast<std::int64_t>(value)); }

}  // namespace

Skipped suspicious(Format format, Skipped skipped) {
  if (format != Format::kAedat2 && format != Format::kAedat2Cifar10) skipped.special = 0;
  return skipped;
}

double unusable_share(std::uint64_t events, const Skipped& skipped) {
  const auto all = events + skipped.total();
  return all == 0 ? 0 : static_cast<double>(skipped.total()) / static_cast<double>(all);
}

std::string describe_unusable(std::uint64_t events, const Skipped& skipped, Sensor sensor) {
  return fmt::format(
      "{:.1f} % of {} records are of no use ({} outside the sensor of {}x{}, {} invalid, {} "
      "special)",
      100 * unusable_share(events, skipped), count(events + skipped.total()),
      count(skipped.outside), sensor.width, sensor.height, count(skipped.invalid),
      count(skipped.special));
}

void check_usable(const Recording& recording, Sensor sensor, std::uint64_t events,
                  const Skipped& all_skipped) {
  const auto skipped = suspicious(recording.format, all_skipped);
  const auto path = recording.path.string();
  const Recording whole;
  if (recording.begin != whole.begin || recording.end != whole.end) {
    if (events > 0) return;
    fail(ErrorKind::kInput, "{}: no event from {} to {} us", path, recording.begin, recording.end);
  }
  if (events == 0 && skipped.total() == 0) fail(ErrorKind::kInput, "{}: holds no events", path);
  if (events > 0 && unusable_share(events, skipped) <= kMostUnusable) return;
  fail(ErrorKind::kInput,
       "{}: {}: expected at most {:.0f} %; is it a recording of another camera or format?", path,
       describe_unusable(events, skipped, sensor), 100 * kMostUnusable);
}

}  // namespace staa::events
