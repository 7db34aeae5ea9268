#include "staa/train/feed.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace staa::train {

/// Copies batches to a device on a stream of its own. At most one batch is in flight.
class Feed::Transfer {
 public:
  explicit Transfer(torch::Device device)
      : implementation_(device.type()),
        device_(device.has_index() ? device : implementation_.getDevice()),
        stream_(implementation_.getStreamFromGlobalPool(device_, /*isHighPriority=*/false)),
        arrived_(device.type()) {}

  /// Starts the copy. `batch` may be dropped as soon as this returns.
  TensorBatch send(const TensorBatch& batch) {
    const c10::StreamGuard guard(stream_);
    // LibTorch keeps the pinned memory until the copies from it are done, and then reuses it.
    const auto copy = [&](const torch::Tensor& from) {
      return from.pin_memory().to(device_, from.scalar_type(), /*non_blocking=*/true);
    };
    TensorBatch sent{copy(batch.inputs), copy(batch.labels)};
    arrived_.record(stream_);
    return sent;
  }

  /// Makes the computing stream wait for the batch, and keeps the batch's memory alive for that
  /// stream.
  void hand_over(const TensorBatch& batch) {
    const auto computing = implementation_.getStream(device_);
    arrived_.block(computing);
    batch.inputs.record_stream(computing);
    batch.labels.record_stream(computing);
  }

 private:
  c10::impl::VirtualGuardImpl implementation_;
  torch::Device device_;
  c10::Stream stream_;
  c10::Event arrived_;
};

Feed::Feed(data::Loader& loader, torch::Device device) : Feed(loader, device, !device.is_cpu()) {}

Feed::Feed(data::Loader& loader, torch::Device device, bool ahead)
    : loader_(loader), device_(device), ahead_(ahead) {
  if (!device.is_cpu()) transfer_ = std::make_unique<Transfer>(device);
}

Feed::~Feed() = default;

void Feed::start(std::int64_t epoch, std::int64_t first_batch) {
  waiting_.reset();
  loader_.start(epoch, first_batch);
}

Feed::Slot Feed::fetch() {
  Slot slot;
  try {
    auto batch = loader_.next();
    if (!batch) return slot;
    slot.batch.emplace();
    slot.batch->size = batch->size;
    slot.batch->skipped = batch->skipped;
    auto tensors = to_tensors(std::move(*batch), loader_.source().shape(), torch::kCPU);
    slot.batch->tensors = transfer_ ? transfer_->send(tensors) : std::move(tensors);
  } catch (...) {
    slot.failure = std::current_exception();
  }
  return slot;
}

std::optional<FedBatch> Feed::next() {
  auto slot = waiting_ ? *std::exchange(waiting_, std::nullopt) : fetch();
  if (slot.failure) std::rethrow_exception(slot.failure);
  if (!slot.batch) return std::nullopt;
  // This comes before the next transfer starts, as both use the same event.
  if (transfer_) transfer_->hand_over(slot.batch->tensors);
  if (ahead_) waiting_ = fetch();
  return std::move(slot.batch);
}

}  // namespace staa::train
