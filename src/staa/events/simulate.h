#pragma once

#include <cstdint>
#include <vector>

#include "staa/events/event.h"
#include "staa/util/random.h"

namespace staa::events {

/// How an image moves before the sensor: a closed loop along straight lines.
enum class Path {
  kTriangle,  ///< three moves, as N-MNIST and N-Caltech101 were recorded
  kSquare,    ///< four moves along a square on its corner, as CIFAR10-DVS was recorded
};

struct SimulationOptions {
  Sensor sensor{34, 34};
  Path path = Path::kTriangle;
  double duration_s = 0.3;     ///< of the whole loop
  double threshold = 0.3;      ///< change of log intensity that makes an event
  double mismatch = 0.03;      ///< standard deviation of the pixels' thresholds, relative
  double refractory_s = 1e-3;  ///< a pixel is blind for so long after an event
  double noise_hz = 0.1;       ///< events a pixel and second that nothing has caused
};

/// A grey image: [height, width], 0 (black) to 255.
struct Scene {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<std::uint8_t> pixels;
};

/// What an event camera would record of `scene` as it moves: the scene fills the sensor but for the
/// margin that it moves by, and goes on beyond its border as the border is. A pixel's events follow
/// from the logarithm of the light that it gets, to the microsecond between samples of a
/// millisecond. In the order of time; all randomness comes from `random`. Throws Error(kUsage) for
/// an option that is impossible or a scene without pixels.
std::vector<Event> simulate(const Scene& scene, const SimulationOptions& options, Random random);

}  // namespace staa::events
