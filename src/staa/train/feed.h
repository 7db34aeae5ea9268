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

/// A loader's batch, on its device.
struct FedBatch {
  std::int64_t size = 0;             ///< samples; with 0 the tensors are empty
  std::vector<std::string> skipped;  ///< why each sample that should be here is not
  TensorBatch tensors;
};

/// Brings a loader's batches to a device. To CUDA each goes while the batch before it is used:
/// through pinned memory, by a copy on a stream of its own that the host does not wait for. On a
/// CPU it is the loader's own memory, when it is asked for.
class Feed {
 public:
  Feed(data::Loader& loader, torch::Device device);
  /// `ahead`: fetch a batch before its use even where that gains nothing.
  Feed(data::Loader& loader, torch::Device device, bool ahead);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// As Loader::start.
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// As Loader::next: the next batch, or nothing at the end of the epoch. An exception met while
  /// making a batch is thrown when its turn comes. Work queued on the device's current stream after
  /// this sees the tensors whole.
  std::optional<FedBatch> next();

 private:
  class Transfer;
  /// A batch on its way, or why there is none.
  struct Slot {
    std::optional<FedBatch> batch;
    std::exception_ptr failure;
  };

  Slot fetch();

  data::Loader& loader_;
  torch::Device device_;
  bool ahead_;
  std::unique_ptr<Transfer> transfer_;  // null: to the CPU
  std::optional<Slot> waiting_;
};

}  // namespace staa::train
