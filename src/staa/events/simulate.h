#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/random.h"

namespace staa::events {

/// How an image moves in front of the sensor: in a closed loop of straight lines.
enum class Path {
  kTriangle,  ///< three moves, as in the recordings of N-MNIST and N-Caltech101
  kSquare,    ///< four moves along a tilted square, as in CIFAR10-DVS
};

struct SimulationOptions {
  Sensor sensor{34, 34};
  Path path = Path::kTriangle;
  double duration_s = 0.3;     ///< of the whole loop
  double threshold = 0.3;      ///< change of log intensity that causes an event
  double mismatch = 0.03;      ///< relative standard deviation of the pixels' thresholds
  double refractory_s = 1e-3;  ///< dead time of a pixel after an event
  double noise_hz = 0.1;       ///< noise events per pixel and second
};

/// A grey image: [height, width], 0 (black) to 255.
struct Scene {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> pixels;
};

/// Simulates an event camera that records `scene` while it moves. The scene fills the sensor except
/// for the margin by which it moves; beyond its border, the border pixels are repeated. A pixel's
/// events follow from the logarithm of its light, which is sampled every millisecond; event times
/// are interpolated to the microsecond. Events are in order of time. All random numbers come from
/// `random`. Throws Error(kUsage) for an invalid option or a scene without pixels.
std::vector<Event> simulate(const Scene& scene, const SimulationOptions& options, Random random);

}  // namespace staa::events
