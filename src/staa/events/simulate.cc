#include "staa/events/simulate.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr double kStep = 1e-3;       // seconds between two samples of the light
constexpr double kDarkLight = 0.1;   // offset that keeps the logarithm of black finite
constexpr double kReach = 3.0 / 34;  // movement of the scene relative to the sensor's shorter edge

struct Point {
  double x = 0;
  double y = 0;
};

void check(const Scene& scene, const SimulationOptions& o) {
  const auto refuse = [](const char* what, double found) {
    fail(ErrorKind::kUsage, "simulation: {}, found {}", what, found);
  };
  if (scene.width < 1 || scene.height < 1 ||
      scene.pixels.size() != static_cast<std::size_t>(scene.width * scene.height)) {
    fail(ErrorKind::kUsage, "simulation: expected an image, found {}x{} with {} pixels",
         scene.width, scene.height, scene.pixels.size());
  }
  if (o.sensor.width < 1 || o.sensor.height < 1 || o.sensor.width > 4096 ||
      o.sensor.height > 4096) {
    fail(ErrorKind::kUsage, "simulation: expected a sensor of 1x1 to 4096x4096, found {}x{}",
         o.sensor.width, o.sensor.height);
  }
  if (!(o.duration_s >= kStep && o.duration_s <= 600)) {
    refuse("expected a duration of 0.001 to 600 s", o.duration_s);
  }
  if (!(o.threshold >= 0.01)) refuse("expected a threshold of at least 0.01", o.threshold);
  if (!(o.mismatch >= 0 && o.mismatch <= 1)) refuse("expected a mismatch of 0 to 1", o.mismatch);
  if (!(o.refractory_s >= 0)) refuse("expected a refractory time of 0 or more", o.refractory_s);
  if (!(o.noise_hz >= 0 && o.noise_hz <= 1e4))
    refuse("expected noise of 0 to 10000 Hz", o.noise_hz);
}

/// The scene's displacement at `phase` (0 to 1) of the loop, in units of its reach.
Point position(Path path, double phase) {
  constexpr Point kTriangle[] = {{-1, -1}, {0, 1}, {1, -1}, {-1, -1}};
  constexpr Point kSquare[] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  const bool triangle = path == Path::kTriangle;
  const Point* corners = triangle ? kTriangle : kSquare;
  const int moves = triangle ? 3 : 4;
  const int move = std::min(moves - 1, static_cast<int>(phase * moves));
  const double along = phase * moves - move;
  const Point& a = corners[move];
  const Point& b = corners[move + 1];
  return {a.x + along * (b.x - a.x), a.y + along * (b.y - a.y)};
}

/// The scene's bilinear interpolation at (x, y); (0, 0) is the centre of the first pixel.
double light_at(const Scene& scene, double x, double y) {
  x = std::clamp(x, 0.0, static_cast<double>(scene.width - 1));
  y = std::clamp(y, 0.0, static_cast<double>(scene.height - 1));
  const auto left = static_cast<std::int64_t>(x);
  const auto top = static_cast<std::int64_t>(y);
  const auto right = std::min(left + 1, scene.width - 1);
  const auto bottom = std::min(top + 1, scene.height - 1);
  const auto at = [&](std::int64_t px, std::int64_t py) {
    return static_cast<double>(scene.pixels[static_cast<std::size_t>(py * scene.width + px)]);
  };
  const double fx = x - static_cast<double>(left);
  const double fy = y - static_cast<double>(top);
  return ((at(left, top) * (1 - fx) + at(right, top) * fx) * (1 - fy) +
          (at(left, bottom) * (1 - fx) + at(right, bottom) * fx) * fy) /
         255.0;
}

struct Pixel {
  double threshold = 0;
  double now = 0;        ///< log light at the last sample
  double reference = 0;  ///< log light at the last event
  double last = -1e9;    ///< time of the last event, seconds
};

class Camera {
 public:
  Camera(const Scene& scene, const SimulationOptions& options, Random& random)
      : scene_(scene), options_(options), random_(random) {
    const auto width = static_cast<double>(options.sensor.width);
    const auto height = static_cast<double>(options.sensor.height);
    reach_ = kReach * std::min(width, height);
    scale_ = std::min((width - 2 * reach_) / static_cast<double>(scene.width),
                      (height - 2 * reach_) / static_cast<double>(scene.height));
    pixels_.resize(static_cast<std::size_t>(options.sensor.width * options.sensor.height));
    for (auto& pixel : pixels_) {
      const double factor = 1 + options.mismatch * random_.normal();
      pixel.threshold = options.threshold * std::max(0.25, factor);
    }
    sample(0, [](Pixel& pixel, double light, std::int64_t, std::int64_t) {
      pixel.now = pixel.reference = light;
    });
  }

  std::vector<Event> record() {
    const auto steps = static_cast<std::int64_t>(std::ceil(options_.duration_s / kStep - 1e-9));
    for (std::int64_t k = 1; k <= steps; ++k) {
      const double begin = static_cast<double>(k - 1) * kStep;
      const double end = std::min(options_.duration_s, static_cast<double>(k) * kStep);
      sample(end, [&](Pixel& pixel, double light, std::int64_t x, std::int64_t y) {
        follow(pixel, light, begin, end, x, y);
      });
    }
    add_noise();
    std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
      return std::tie(a.t, a.y, a.x, a.polarity) < std::tie(b.t, b.y, b.x, b.polarity);
    });
    return std::move(events_);
  }

 private:
  /// Calls use(pixel, log light at `time`, x, y) for every pixel.
  template <typename Use>
  void sample(double time, Use use) {
    const auto moved = position(options_.path, time / options_.duration_s);
    // Apart from the movement, the centres of sensor and scene coincide.
    const auto to_scene = [this](std::int64_t at, std::int64_t sensor, std::int64_t scene,
                                 double by) {
      const double from_centre = static_cast<double>(at) - static_cast<double>(sensor - 1) / 2 - by;
      return from_centre / scale_ + static_cast<double>(scene - 1) / 2;
    };
    const auto& sensor = options_.sensor;
    for (std::int64_t y = 0; y < sensor.height; ++y) {
      const double sy = to_scene(y, sensor.height, scene_.height, moved.y * reach_);
      for (std::int64_t x = 0; x < sensor.width; ++x) {
        const double sx = to_scene(x, sensor.width, scene_.width, moved.x * reach_);
        use(pixels_[static_cast<std::size_t>(y * sensor.width + x)],
            std::log(kDarkLight + light_at(scene_, sx, sy)), x, y);
      }
    }
  }

  /// Adds the events of one pixel while its light changes from pixel.now to `light`.
  void follow(Pixel& pixel, double light, double begin, double end, std::int64_t x,
              std::int64_t y) {
    const double change = light - pixel.now;
    while (std::abs(light - pixel.reference) >= pixel.threshold) {
      const bool brighter = light > pixel.reference;
      pixel.reference += brighter ? pixel.threshold : -pixel.threshold;
      const double along = change == 0 ? 0 : (pixel.reference - pixel.now) / change;
      const double time = begin + std::clamp(along, 0.0, 1.0) * (end - begin);
      if (time - pixel.last < options_.refractory_s) continue;
      pixel.last = time;
      add(time, x, y, brighter);
    }
    pixel.now = light;
  }

  void add_noise() {
    const auto rate = options_.noise_hz * static_cast<double>(pixels_.size());
    if (rate == 0) return;
    const auto wait = [&] { return -std::log(1 - random_.uniform()) / rate; };
    for (double time = wait(); time < options_.duration_s; time += wait()) {
      const auto x = random_.below(options_.sensor.width);
      const auto y = random_.below(options_.sensor.height);
      add(time, x, y, random_.chance(0.5));
    }
  }

  void add(double time, std::int64_t x, std::int64_t y, bool brighter) {
    events_.push_back({std::llround(time * 1e6), static_cast<std::uint16_t>(x),
                       static_cast<std::uint16_t>(y), static_cast<std::uint8_t>(brighter)});
  }

  const Scene& scene_;
  const SimulationOptions& options_;
  Random& random_;
  double reach_ = 0;  ///< in sensor pixels
  double scale_ = 1;  ///< sensor pixels per pixel of the scene
  std::vector<Pixel> pixels_;
  std::vector<Event> events_;
};

}  // namespace

std::vector<Event> simulate(const Scene& scene, const SimulationOptions& options, Random random) {
  check(scene, options);
  return Camera(scene, options, random).record();
}

}  // namespace staa::events
