#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "staa/data/source.h"

namespace staa::data {

/// Samples in the order in which the network sees them.
struct Batch {
  std::vector<float> values;          ///< [steps, size, height, width, channels]
  std::vector<std::int64_t> labels;   ///< [size]
  std::vector<std::int64_t> indices;  ///< index of each sample in the source
  std::vector<std::string> skipped;   ///< why each corrupt sample is missing
  std::int64_t size = 0;              ///< 0 if all samples were skipped
};

/// The part of every batch that a loader delivers: the consecutive samples for one of `count`
/// processes. All shares together make up the batch.
struct Share {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

struct LoaderOptions {
  std::int64_t batch = 64;    ///< samples per batch over all shares, at least 1
  bool shuffle = true;        ///< draw a new order for each epoch; else use the source's
  bool drop_last = false;     ///< leave out the last batch if it is not full
  std::int64_t workers = 2;   ///< threads; 0: next() does the work itself
  std::int64_t prefetch = 4;  ///< most batches made ahead, at least 1; only with workers
  std::uint64_t seed = 0;     ///< for the sample order and the augmentation
  bool skip_corrupt = false;  ///< skip samples that throw Error(kInput) instead of throwing
  Share share;                ///< may be empty for a batch with few samples

  /// Sets the number of workers, and prefetches enough batches to keep all of them busy.
  void set_workers(std::int64_t count) {
    workers = count;
    prefetch = std::max(prefetch, count + 2);
  }
};

/// The random numbers for reading a sample, in a loader with this seed.
Random random_of_sample(std::uint64_t seed, std::int64_t epoch, std::int64_t index);

/// Delivers the batches of one epoch after the other. Worker threads make them ahead of time.
///
/// The batches depend only on the source, the batch size, the seed, the epoch and the share, never
/// on workers or timing: the order of an epoch is drawn from (seed, epoch), and a sample's
/// augmentation from (seed, epoch, index of the sample). So an epoch that is resumed in the middle
/// continues as if it had not been interrupted.
///
/// A Loader must be used by one thread; it manages its worker threads itself.
class Loader {
 public:
  /// Throws Error(kUsage) for an option out of range.
  explicit Loader(std::shared_ptr<const Source> source, LoaderOptions options = {});
  /// Abandons the batches in progress and waits for the workers, at most for the time of one
  /// sample.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Starts an epoch at batch `first_batch`, and abandons the epoch in progress. Throws
  /// Error(kUsage) unless epoch >= 0 and 0 <= first_batch <= batches().
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// Returns the next batch, or nothing at the end of the epoch. An exception that was thrown while
  /// making the batch is rethrown here, and again by each further call until start(). Throws
  /// Error(kUsage) before the first start().
  std::optional<Batch> next();

  /// Returns the memory of a batch that is no longer needed, for reuse. Optional.
  void recycle(Batch&& batch);

  /// The number of batches per epoch.
  std::int64_t batches() const;

  /// The time in seconds that next() has taken since start(), during which its caller had to wait.
  double seconds_waited() const { return seconds_waited_; }

  const Source& source() const { return *source_; }
  const LoaderOptions& options() const { return options_; }

 private:
  /// The epoch in progress. It is shared with the workers, which may still finish a sample of an
  /// abandoned epoch.
  struct Epoch;
  /// A finished batch, or the exception that prevented it.
  struct Slot {
    Batch batch;
    std::exception_ptr failure;
  };

  std::vector<std::int64_t> order_of(std::int64_t epoch) const;
  Slot make(const Epoch& epoch, std::int64_t number, Batch&& buffer) const;
  void fill(const Epoch& epoch, std::int64_t number, Batch& batch) const;
  bool read(const Epoch& epoch, std::int64_t index, Batch& batch) const;
  Batch take_buffer();
  bool has_work() const;
  void work();
  void stop_workers();

  std::shared_ptr<const Source> source_;
  LoaderOptions options_;
  double seconds_waited_ = 0;

  std::mutex mutex_;  // guards all members below except the threads themselves
  std::condition_variable work_changed_;
  std::condition_variable slot_filled_;
  std::shared_ptr<Epoch> epoch_;        // null before start()
  std::int64_t next_to_make_ = 0;       // the next batch for a worker
  std::int64_t next_to_deliver_ = 0;    // the next batch that next() returns
  std::map<std::int64_t, Slot> ready_;  // batches made but not delivered, by number
  std::vector<Batch> buffers_;          // recycled
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace staa::data
