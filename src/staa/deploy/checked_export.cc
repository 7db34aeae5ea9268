#include "staa/deploy/checked_export.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <vector>

#include "staa/deploy/export.h"
#include "staa/util/file.h"
#include "staa/util/parallel.h"

namespace staa::deploy {
namespace {

constexpr int kMostRoundings = 8;

/// Counts right answers among the images whose turn it is.
std::int64_t count_hits(const runtime::Model& model, const data::Dataset& images,
                        std::atomic<std::int64_t>& next) {
  runtime::Session session(model, {runtime::Path::kAuto, /*count_operations=*/false});
  std::vector<std::uint8_t> image(static_cast<std::size_t>(images.shape().bytes()));
  std::int64_t hits = 0;
  for (auto i = next++; i < images.size(); i = next++) {
    images.read(i, image.data());
    const auto label = static_cast<std::int64_t>(session.classify(image.data()).label);
    hits += label == images.label(i) ? 1 : 0;
  }
  return hits;
}

}  // namespace

double accuracy(const runtime::Model& model, const data::Dataset& images) {
  const std::int64_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::atomic<std::int64_t> next{0};
  std::atomic<std::int64_t> hits{0};
  for_each_index(threads, threads, [&](std::int64_t) { hits += count_hits(model, images, next); });
  return 100.0 * static_cast<double>(hits) / static_cast<double>(images.size());
}

CheckedExport export_int8(const models::Network& network, const data::InputDescription& input,
                          const data::Dataset& images, double points,
                          const std::filesystem::path& path) {
  CheckedExport result;
  const auto measure = [&](const std::vector<std::uint8_t>& file) {
    return accuracy(runtime::Model::load(file, path.string()), images);
  };
  result.fp32 = measure(model_file(network, input, WeightType::kFp32));
  std::vector<std::uint8_t> best;
  for (int i = 0; i < kMostRoundings; ++i) {
    auto file = model_file(network, input, WeightType::kInt8, i);
    const double found = measure(file);
    ++result.roundings;
    if (best.empty() || std::abs(found - result.fp32) < std::abs(result.int8 - result.fp32)) {
      best = std::move(file);
      result.int8 = found;
    }
    if (std::abs(result.int8 - result.fp32) <= points / 2) break;
  }
  write_file_atomically(path, best);
  return result;
}

}  // namespace staa::deploy
