#pragma once

#include <string>

#include "staa/events/recording.h"

namespace staa::events {

/// The largest fraction of unusable records that a recording may have; more is refused.
constexpr double kMostUnusable = 0.5;

/// The skipped records that hint at another camera or format. Special records do so only in AEDAT
/// 2.0, which marks them by bits of the address; in other formats they are regular records.
Skipped suspicious(Format format, Skipped skipped);

/// The fraction of records that gave no event, from 0 to 1; 0 if there are no records.
double unusable_share(std::uint64_t events, const Skipped& skipped);

/// "12.3 % of 4,000 records are of no use (300 outside the sensor of 128x128, 150 invalid, 42
/// special)"
std::string describe_unusable(std::uint64_t events, const Skipped& skipped, Sensor sensor);

/// Throws Error(kInput), naming the recording and the problem, if it has no events, or if more than
/// kMostUnusable of its records are unusable, since it then comes from another sensor or is in
/// another format than it is read as. For a time span of a recording only the number of events is
/// checked.
void check_usable(const Recording& recording, Sensor sensor, std::uint64_t events,
                  const Skipped& skipped);

}  // namespace staa::events
