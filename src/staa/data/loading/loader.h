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
  std::vector<std::int64_t> indices;  ///< [size], of each sample in the source
  std::vector<std::string> skipped;   ///< why each sample that should be here is not
  std::int64_t size = 0;              ///< 0 where all were skipped
};

/// Which part of every batch a loader delivers: the share of one of `count` processes, which are
/// consecutive samples. All shares of a batch together are the batch.
struct Share {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

struct LoaderOptions {
  std::int64_t batch = 64;    ///< samples a batch, of all shares together, at least 1
  bool shuffle = true;        ///< a new order each epoch; else the order of the source
  bool drop_last = false;     ///< leave out a last batch that is not full
  std::int64_t workers = 2;   ///< threads; 0: next() does the work itself
  std::int64_t prefetch = 4;  ///< batches made ahead at most, at least 1; used with workers
  std::uint64_t seed = 0;     ///< of the order and of the augmentation
  bool skip_corrupt = false;  ///< leave samples out that throw Error(kInput); else it is thrown
  Share share;                ///< of every batch; may be empty of one with few samples

  /// So many workers, and batches enough in flight for each of them to have one to make.
  void set_workers(std::int64_t count) {
    workers = count;
    prefetch = std::max(prefetch, count + 2);
  }
};

/// What the reading of a sample draws from, in a loader with this seed.
Random random_of_sample(std::uint64_t seed, std::int64_t epoch, std::int64_t index);

/// Delivers the batches of one epoch after the other, made by worker threads ahead of their use.
///
/// What is delivered depends on the source, the batch size, the seed, the epoch and the share
/// alone, never on workers or timing: the order of an epoch is drawn from (seed, epoch), what a
/// sample draws from (seed, epoch, index of the sample). So an epoch that is resumed in its middle
/// goes on as if it had not been interrupted.
///
/// One thread uses a Loader; its workers are its own affair.
class Loader {
 public:
  /// Throws Error(kUsage) for an option out of range.
  explicit Loader(std::shared_ptr<const Source> source, LoaderOptions options = {});
  /// Abandons what is in flight and waits for the workers: at most the time of one sample.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Begins an epoch at batch `first_batch`, abandoning the one under way. Throws Error(kUsage)
  /// unless epoch >= 0 and 0 <= first_batch <= batches().
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// The next batch, or nothing at the end of the epoch. An exception met while making this batch
  /// is thrown here, and again at each further call until start(). Throws Error(kUsage) before the
  /// first start().
  std::optional<Batch> next();

  /// Gives the memory of a batch that is no longer needed back for the next ones. Optional.
  void recycle(Batch&& batch);

  /// Batches an epoch.
  std::int64_t batches() const;

  /// Seconds that next() took since start(): what the loader has held up its user.
  double seconds_waited() const { return seconds_waited_; }

  const Source& source() const { return *source_; }
  const LoaderOptions& options() const { return options_; }

 private:
  /// One epoch under way. Shared with the workers, so that they may finish a sample of an epoch
  /// that has been abandoned.
  struct Epoch;
  /// A finished batch, or why there is none.
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

  std::mutex mutex_;  // guards all below, but for the threads themselves
  std::condition_variable work_changed_;
  std::condition_variable slot_filled_;
  std::shared_ptr<Epoch> epoch_;        // null before start()
  std::int64_t next_to_make_ = 0;       // the next batch that a worker takes up
  std::int64_t next_to_deliver_ = 0;    // the next batch that next() returns
  std::map<std::int64_t, Slot> ready_;  // made and not delivered, by number
  std::vector<Batch> buffers_;          // recycled
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace staa::data
