#include <algorithm>
#include <atomic>
#include <thread>

#include "staa/runtime/runtime.h"
#include "staa/util/parallel.h"

namespace staa::runtime {

Pool::Pool(const Model& model, std::size_t threads, const Options& options)
    : values_(model.input().values()) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  sessions_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) sessions_.emplace_back(model, options);
}

void Pool::run(std::size_t count, const std::function<void(Session&, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto threads = static_cast<std::int64_t>(std::min(sessions_.size(), count));
  if (threads == 0) return;
  for_each_index(threads, threads, [&](std::int64_t t) {
    auto& session = sessions_[static_cast<std::size_t>(t)];
    try {
      for (auto i = next++; i < count; i = next++) work(session, i);
    } catch (...) {
      next = count;
      throw;
    }
  });
}

std::vector<Prediction> Pool::classify(const std::uint8_t* images, std::size_t count,
                                       float confidence) {
  std::vector<Prediction> predictions(count);
  run(count, [&](Session& session, std::size_t i) {
    predictions[i] = session.classify(images + i * values_, confidence);
  });
  return predictions;
}

std::size_t Pool::state_bytes() const {
  std::size_t bytes = 0;
  for (const auto& session : sessions_) bytes += session.state_bytes();
  return bytes;
}

}  // namespace staa::runtime
