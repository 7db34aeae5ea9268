#include "staa/deploy/checked_export.h"

#include <algorithm>
#include <cmath>

#include "staa/util/file.h"

namespace staa::deploy {
namespace {

constexpr int kMostRoundings = 8;

/// The index of image i of `count` images, evenly spaced in the set.
std::int64_t place(const data::Dataset& images, std::int64_t i, std::int64_t count) {
  return i * images.size() / count;
}

double percent_right(const std::vector<std::int64_t>& classes, const data::Dataset& images) {
  const auto count = static_cast<std::int64_t>(classes.size());
  std::int64_t hits = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = images.label(place(images, i, count));
    hits += classes[static_cast<std::size_t>(i)] == label ? 1 : 0;
  }
  return 100.0 * static_cast<double>(hits) / static_cast<double>(count);
}

Comparison compare(const std::vector<std::int64_t>& fp32, const std::vector<std::int64_t>& rounded,
                   const data::Dataset& images) {
  Comparison found;
  found.images = static_cast<std::int64_t>(fp32.size());
  found.fp32 = percent_right(fp32, images);
  found.rounded = percent_right(rounded, images);
  for (std::size_t i = 0; i < fp32.size(); ++i) found.same += fp32[i] == rounded[i] ? 1 : 0;
  return found;
}

double accuracy_difference(const Comparison& found) { return std::abs(found.rounded - found.fp32); }

}  // namespace

std::vector<std::int64_t> classes_of(const runtime::Model& model, const data::Dataset& images,
                                     std::int64_t count) {
  std::vector<std::int64_t> classes(static_cast<std::size_t>(count));
  runtime::Pool pool(model, 0, {runtime::Path::kAuto, /*count_operations=*/false});
  pool.run(classes.size(), [&](runtime::Session& session, std::size_t i) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(images.shape().bytes()));
    images.read(place(images, static_cast<std::int64_t>(i), count), image.data());
    classes[i] = static_cast<std::int64_t>(session.classify(image.data()).label);
  });
  return classes;
}

double accuracy(const runtime::Model& model, const data::Dataset& images) {
  return percent_right(classes_of(model, images, images.size()), images);
}

CheckedExport export_rounded(const models::Network& network, const data::InputDescription& input,
                             WeightType weights, const data::Dataset& calibration,
                             const data::Dataset& test, double points,
                             const std::filesystem::path& path) {
  const auto classes = [&](const std::vector<std::uint8_t>& file, const data::Dataset& images,
                           std::int64_t count) {
    return classes_of(runtime::Model::load(file, path.string()), images, count);
  };
  const auto exact = model_file(network, input, WeightType::kFp32);
  const auto count = std::min(calibration.size(), kMostCalibration);
  const auto expected = classes(exact, calibration, count);
  CheckedExport result;
  std::vector<std::uint8_t> best;
  // 16-bit weights are so precise that one rounding suffices.
  const int most = weights == WeightType::kInt8 ? kMostRoundings : 1;
  for (int i = 0; i < most; ++i) {
    auto file = model_file(network, input, weights, i);
    const auto found = compare(expected, classes(file, calibration, count), calibration);
    ++result.roundings;
    if (best.empty() || accuracy_difference(found) < accuracy_difference(result.calibration)) {
      best = std::move(file);
      result.calibration = found;
    }
    if (accuracy_difference(result.calibration) <= points / 2) break;
  }
  result.test = compare(classes(exact, test, test.size()), classes(best, test, test.size()), test);
  write_file_atomically(path, best);
  return result;
}

}  // namespace staa::deploy
