#pragma once

#include <string>

#include "staa/events/recording.h"

namespace staa::events {

/// Of a recording's records, the largest share that may be of no use: more is refused.
constexpr double kMostUnusable = 0.5;

/// What of the skipped tells of another camera or format. Special records do in AEDAT 2.0 alone,
/// whose marks are bits of the address; other formats have them in their own right.
Skipped suspicious(Format format, Skipped skipped);

/// The share of records that gave no event, from 0 to 1; 0 where there are none at all.
double unusable_share(std::uint64_t events, const Skipped& skipped);

/// "12.3 % of 4,000 records are of no use (300 outside the sensor of 128x128, 150 invalid, 42
/// special)"
std::string describe_unusable(std::uint64_t events, const Skipped& skipped, Sensor sensor);

/// Throws Error(kInput) naming the recording and what is wrong where it has no events, or where
/// more of its records than kMostUnusable are of no use: it is not of the sensor or format that it
/// is read as. Of a span of a recording the events alone count.
void check_usable(const Recording& recording, Sensor sensor, std::uint64_t events,
                  const Skipped& skipped);

}  // namespace staa::events
