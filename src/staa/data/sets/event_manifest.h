#pragma once

#include <filesystem>
#include <string>

#include "staa/events/event.h"

namespace staa::data {

/// The content of staa.events.txt, which describes a folder of recordings, since some formats do
/// not store these facts. It has one "key value" per line:
///
///     format 1
///     name simulated fashion-mnist
///     width 34
///     height 34
///     cifar10-dvs-addresses 0
struct EventManifest {
  std::string name;
  events::Sensor sensor;
  bool cifar10_dvs_addresses = false;  ///< AEDAT 2.0 files have CIFAR10-DVS addresses
};

constexpr const char* kEventManifestName = "staa.events.txt";

/// Throws Error(kInput), naming the file and line, for anything unexpected.
EventManifest read_event_manifest(const std::filesystem::path& path);
void write_event_manifest(const std::filesystem::path& path, const EventManifest& manifest);

}  // namespace staa::data
