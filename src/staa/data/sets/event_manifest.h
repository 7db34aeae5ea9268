#pragma once

#include <filesystem>
#include <string>

#include "staa/events/event.h"

namespace staa::data {

/// What staa.events.txt says about a folder of recordings, which do not all tell it themselves. One
/// "key value" a line:
///
///     format 1
///     name simulated fashion-mnist
///     width 34
///     height 34
///     cifar10-dvs-addresses 0
struct EventManifest {
  std::string name;
  events::Sensor sensor;
  bool cifar10_dvs_addresses = false;  ///< AEDAT 2.0 files are as in CIFAR10-DVS
};

constexpr const char* kEventManifestName = "staa.events.txt";

/// Throws Error(kInput) naming the file and line of anything unexpected.
EventManifest read_event_manifest(const std::filesystem::path& path);
void write_event_manifest(const std::filesystem::path& path, const EventManifest& manifest);

}  // namespace staa::data
