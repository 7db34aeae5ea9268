#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "staa/data/dataset.h"
#include "staa/events/simulate.h"

namespace staa::data {

struct SimulatedSetOptions {
  events::SimulationOptions camera;
  bool aedat2 = false;  ///< AEDAT 2.0 with CIFAR10-DVS addresses; else 5-byte .bin
  std::uint64_t seed = 1;
  std::int64_t threads = 1;
};

/// Records every image of `images` with a simulated camera, which sees colours as their luminance.
/// Writes train/CLASS/NNNNN.bin and test/CLASS/NNNNN.bin (or .aedat), and finally staa.events.txt.
/// The result opens as the set "event-folder" with the name "simulated NAME". A recording depends
/// only on the seed, the half and the image's index. Calls `progress(done)` now and then from one
/// of the threads, never from two at a time. Returns the number of events.
///
/// Throws Error(kUsage) if the folder already holds staa.events.txt or if the format cannot hold
/// the sensor. Also throws the errors of simulate().
std::uint64_t simulate_set(const Splits& images, const std::string& name,
                           const std::filesystem::path& folder, const SimulatedSetOptions& options,
                           const std::function<void(std::int64_t done)>& progress);

}  // namespace staa::data
