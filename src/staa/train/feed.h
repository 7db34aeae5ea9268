#pragma once

#include <torch/types.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "staa/data/loading/loader.h"
#include "staa/train/batch.h"

namespace staa::train {

/// A loader's batch on the training device.
struct FedBatch {
  std::int64_t size = 0;             ///< number of samples; if 0, the tensors are empty
  std::vector<std::string> skipped;  ///< why each corrupt sample is missing
  TensorBatch tensors;
};

/// Brings a loader's batches to a device. For CUDA, each batch is copied while the previous one is
/// used: through pinned memory and on a separate stream, without blocking the host. On the CPU the
/// loader's own memory is handed out on demand.
class Feed {
 public:
  Feed(data::Loader& loader, torch::Device device);
  /// `ahead`: fetch each batch before it is used, even if the device gains nothing from it.
  Feed(data::Loader& loader, torch::Device device, bool ahead);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// See Loader::start.
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// Like Loader::next: returns the next batch, or nothing at the end of the epoch. An exception
  /// that was thrown while making a batch is rethrown when it is that batch's turn. Work that is
  /// queued on the device's current stream after this call sees the complete tensors.
  std::optional<FedBatch> next();

 private:
  class Transfer;
  /// A batch that has been fetched, or the exception that prevented it.
  struct Slot {
    std::optional<FedBatch> batch;
    std::exception_ptr failure;
  };

  Slot fetch();

  data::Loader& loader_;
  torch::Device device_;
  bool ahead_;
  std::unique_ptr<Transfer> transfer_;  // null on the CPU
  std::optional<Slot> waiting_;
};

}  // namespace staa::train
