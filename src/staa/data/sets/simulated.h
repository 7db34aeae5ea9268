#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "staa/data/dataset.h"
#include "staa/events/simulate.h"

namespace staa::data {

struct SimulatedSetOptions {
  events::SimulationOptions camera;
  bool aedat2 = false;  ///< AEDAT 2.0 with the addresses of CIFAR10-DVS; else 5-byte .bin
  std::uint64_t seed = 1;
  std::int64_t threads = 1;
};

/// Records every image of `images` with a simulated camera (colours as their luminance) and writes
/// train/CLASS/NNNNN.bin, test/CLASS/NNNNN.bin (or .aedat) and, last, staa.events.txt, which open
/// as the set "event-folder" under the name "simulated NAME". A recording is a function of the
/// seed, the half and the image's index. Calls `progress(done)` now and then, from any thread but
/// one at a time. Returns the number of events.
///
/// Throws Error(kUsage) for a folder that holds staa.events.txt already, a sensor that the format
/// cannot hold, and the errors of simulate().
std::uint64_t simulate_set(const Splits& images, const std::string& name,
                           const std::filesystem::path& folder, const SimulatedSetOptions& options,
                           const std::function<void(std::int64_t done)>& progress);

}  // namespace staa::data
