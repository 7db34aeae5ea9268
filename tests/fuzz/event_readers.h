#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "fuzz/reader.h"
#include "staa/events/aedat2.h"
#include "staa/events/aedat31.h"
#include "staa/events/aedat4.h"
#include "staa/events/atis.h"
#include "staa/events/dat.h"
#include "staa/events/evt.h"
#include "staa/events/gesture.h"
#include "staa/events/hdf5.h"
#include "staa/events/live.h"
#include "staa/events/npy_events.h"
#include "staa/events/npz.h"
#include "staa/events/recording.h"
#include "staa/events/text_events.h"
#include "staa/util/file.h"

namespace staa::fuzz {

constexpr events::Sensor kSensor{128, 128};

/// Reads a stream twice, in chunks of two sizes. All events must lie on the sensor, and both
/// readings must give the same number of events.
inline void drain(std::unique_ptr<events::EventStream> stream) {
  const auto sensor = stream->sensor();
  std::uint64_t counts[2] = {};
  for (int round = 0; round < 2; ++round) {
    std::vector<events::Event> chunk(round == 0 ? 4096 : 7);
    while (const auto count = stream->read(chunk.data(), chunk.size())) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto& e = chunk[i];
        if (e.x >= sensor.width || e.y >= sensor.height || e.polarity > 1) {
          throw std::logic_error(stream->name() + ": an event outside of the sensor");
        }
      }
      counts[round] += count;
    }
    stream->rewind();
  }
  if (counts[0] != counts[1])
    throw std::logic_error(stream->name() +
                           ": the second reading gave a different number of events");
}

/// Decodes a file's bytes as a live stream of each format, in pieces of two sizes. Both must give
/// the same events unless the stream is refused.
inline void decode_live(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  for (const auto format : {events::LiveFormat::kAuto, events::LiveFormat::kEvt3,
                            events::LiveFormat::kAedat31, events::LiveFormat::kAtis}) {
    std::vector<events::Event> found[2];
    bool refused = false;
    for (int round = 0; round < 2; ++round) {
      const std::size_t piece = round == 0 ? 4096 : 7;
      const auto decoder = events::make_live_decoder(format, "fuzz", kSensor);
      try {
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
          decoder->add(bytes.data() + at, std::min(piece, bytes.size() - at), found[round]);
        }
      } catch (const Error&) {
        refused = true;
      }
    }
    if (!refused && found[0] != found[1])
      throw std::logic_error("the events depend on the sizes of the pieces");
  }
}

constexpr NamedReader kEventReaders[] = {
    {"aedat2",
     [](const std::filesystem::path& path) {
       drain(events::open_aedat2(path, events::Aedat2Address::kDvs128));
     }},
    {"aedat31",
     [](const std::filesystem::path& path) { drain(events::open_aedat31(path, kSensor)); }},
    {"atis", [](const std::filesystem::path& path) { drain(events::open_atis(path, kSensor)); }},
    {"npz", [](const std::filesystem::path& path) { drain(events::open_npz(path, kSensor)); }},
    {"aedat4",
     [](const std::filesystem::path& path) { drain(events::open_aedat4(path, kSensor)); }},
    {"evt", [](const std::filesystem::path& path) { drain(events::open_evt(path, kSensor)); }},
    {"dat", [](const std::filesystem::path& path) { drain(events::open_dat(path, kSensor)); }},
    {"npy", [](const std::filesystem::path& path) { drain(events::open_npy(path, kSensor)); }},
    {"text", [](const std::filesystem::path& path) { drain(events::open_text(path, kSensor)); }},
    {"hdf5", [](const std::filesystem::path& path) { drain(events::open_hdf5(path, kSensor)); }},
    {"live", decode_live},
    {"detect", [](const std::filesystem::path& path) { (void)events::format_of(path); }},
    {"gesture_spans",
     [](const std::filesystem::path& path) { (void)events::read_gesture_spans(path, 11); }},
    {"trials", [](const std::filesystem::path& path) { (void)events::read_trials(path); }},
};

}  // namespace staa::fuzz
