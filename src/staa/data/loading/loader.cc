#include "staa/data/loading/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <system_error>
#include <utility>

#include "staa/data/loading/shuffle.h"
#include "staa/util/error.h"
#include "staa/util/random.h"

namespace staa::data {
namespace {

constexpr std::uint64_t kOrderTag = 0x6f726472;      // "ordr"
constexpr std::uint64_t kAugmentTag = 0x6175676d;    // "augm"
constexpr std::uint64_t kAlternateTag = 0x616c7465;  // "alte"

void check_options(const LoaderOptions& options) {
  if (options.batch < 1) {
    fail(ErrorKind::kUsage, "batch: expected at least 1, found {}", options.batch);
  }
  if (options.workers < 0) {
    fail(ErrorKind::kUsage, "workers: expected 0 or more, found {}", options.workers);
  }
  const auto& share = options.share;
  if (share.count < 1 || share.index < 0 || share.index >= share.count) {
    fail(ErrorKind::kUsage, "share: expected one of {}, found number {}", share.count, share.index);
  }
  if (options.prefetch < 1) {
    fail(ErrorKind::kUsage, "prefetch: expected at least 1, found {}", options.prefetch);
  }
}

/// Adds its lifetime in seconds to `total`.
class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total) {}
  ~Stopwatch() {
    total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& total_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Rearranges values from [size, steps, ...], the order of reading, to [steps, size, ...].
void put_steps_first(Batch& batch, std::int64_t steps) {
  if (steps == 1 || batch.size == 0) return;
  const auto frame = static_cast<std::int64_t>(batch.values.size()) / (batch.size * steps);
  std::vector<float> sorted(batch.values.size());
  auto from = batch.values.cbegin();
  for (std::int64_t sample = 0; sample < batch.size; ++sample) {
    for (std::int64_t step = 0; step < steps; ++step, from += frame) {
      std::copy_n(from, frame, sorted.begin() + (step * batch.size + sample) * frame);
    }
  }
  batch.values.swap(sorted);
}

}  // namespace

Random random_of_sample(std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
  Random random{seed, kAugmentTag, static_cast<std::uint64_t>(epoch),
                static_cast<std::uint64_t>(index)};
  const bool first = Random{seed, kAlternateTag, static_cast<std::uint64_t>(index)}() % 2 == 1;
  random.set_alternating(first != (epoch % 2 == 1));
  return random;
}

struct Loader::Epoch {
  std::int64_t number = 0;
  std::vector<std::int64_t> order;
  std::atomic<bool> abandoned{false};
};

Loader::Loader(std::shared_ptr<const Source> source, LoaderOptions options)
    : source_(std::move(source)), options_(options) {
  check_options(options_);
  try {
    for (std::int64_t i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    stop_workers();
    fail(ErrorKind::kRuntime, "cannot start {} loader threads: {}", options_.workers, error.what());
  }
}

Loader::~Loader() { stop_workers(); }

void Loader::stop_workers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    if (epoch_) epoch_->abandoned = true;
  }
  work_changed_.notify_all();
  for (auto& worker : workers_) worker.join();
  workers_.clear();
}

std::int64_t Loader::batches() const {
  const std::int64_t full = source_->size() / options_.batch;
  const bool rest = source_->size() % options_.batch != 0;
  return full + (rest && !options_.drop_last ? 1 : 0);
}

std::vector<std::int64_t> Loader::order_of(std::int64_t epoch) const {
  if (options_.shuffle) {
    return random_order(source_->size(),
                        Random{options_.seed, kOrderTag, static_cast<std::uint64_t>(epoch)});
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(source_->size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

void Loader::start(std::int64_t epoch, std::int64_t first_batch) {
  if (epoch < 0) fail(ErrorKind::kUsage, "epoch: expected 0 or more, found {}", epoch);
  if (first_batch < 0 || first_batch > batches()) {
    fail(ErrorKind::kUsage, "{}: first batch: expected 0 to {}, found {}", source_->name(),
         batches(), first_batch);
  }
  auto begun = std::make_shared<Epoch>();
  begun->number = epoch;
  begun->order = order_of(epoch);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (epoch_) epoch_->abandoned = true;
    for (auto& [number, slot] : ready_) buffers_.push_back(std::move(slot.batch));
    ready_.clear();
    epoch_ = std::move(begun);
    next_to_make_ = first_batch;
    next_to_deliver_ = first_batch;
  }
  seconds_waited_ = 0;
  work_changed_.notify_all();
}

std::optional<Batch> Loader::next() {
  const Stopwatch stopwatch(seconds_waited_);
  std::unique_lock<std::mutex> lock(mutex_);
  if (!epoch_) fail(ErrorKind::kUsage, "Loader::next: start() was not called");
  const std::int64_t number = next_to_deliver_;
  if (number == batches()) return std::nullopt;

  if (workers_.empty()) {
    if (ready_.count(number) == 0) ready_[number] = make(*epoch_, number, take_buffer());
  } else {
    slot_filled_.wait(lock, [&] { return ready_.count(number) != 0; });
  }
  const auto found = ready_.find(number);
  if (found->second.failure) std::rethrow_exception(found->second.failure);
  auto batch = std::move(found->second.batch);
  ready_.erase(found);
  ++next_to_deliver_;
  lock.unlock();
  work_changed_.notify_one();
  return batch;
}

void Loader::recycle(Batch&& batch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  buffers_.push_back(std::move(batch));
}

/// Returns a recycled buffer if there is one. The mutex must be locked.
Batch Loader::take_buffer() {
  if (buffers_.empty()) return {};
  Batch batch = std::move(buffers_.back());
  buffers_.pop_back();
  return batch;
}

/// Whether a worker may start a batch without running too far ahead. The mutex must be locked.
bool Loader::has_work() const {
  return epoch_ && next_to_make_ < batches() &&
         next_to_make_ < next_to_deliver_ + options_.prefetch;
}

void Loader::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    work_changed_.wait(lock, [&] { return stopping_ || has_work(); });
    if (stopping_) return;
    const std::shared_ptr<const Epoch> epoch = epoch_;
    const std::int64_t number = next_to_make_++;
    Batch buffer = take_buffer();

    lock.unlock();
    Slot slot = make(*epoch, number, std::move(buffer));
    lock.lock();

    if (epoch != epoch_) {  // start() was called in the meantime
      buffers_.push_back(std::move(slot.batch));
      continue;
    }
    ready_[number] = std::move(slot);
    slot_filled_.notify_one();
  }
}

Loader::Slot Loader::make(const Epoch& epoch, std::int64_t number, Batch&& buffer) const {
  Slot slot{std::move(buffer), nullptr};
  try {
    fill(epoch, number, slot.batch);
  } catch (...) {
    slot.failure = std::current_exception();
  }
  return slot;
}

void Loader::fill(const Epoch& epoch, std::int64_t number, Batch& batch) const {
  const std::int64_t first = number * options_.batch;
  const std::int64_t whole = std::min(options_.batch, source_->size() - first);
  const auto& share = options_.share;
  const std::int64_t begin = first + whole * share.index / share.count;
  const std::int64_t end = first + whole * (share.index + 1) / share.count;
  batch.size = 0;
  batch.labels.clear();
  batch.indices.clear();
  batch.skipped.clear();
  batch.values.resize(static_cast<std::size_t>((end - begin) * source_->shape().values()));
  for (std::int64_t i = begin; i < end; ++i) {
    if (epoch.abandoned) return;  // nobody will see this batch
    const std::int64_t index = epoch.order[static_cast<std::size_t>(i)];
    if (!read(epoch, index, batch)) continue;
    batch.indices.push_back(index);
    ++batch.size;
  }
  batch.values.resize(static_cast<std::size_t>(batch.size * source_->shape().values()));
  put_steps_first(batch, source_->shape().steps);
}

/// Reads a sample and appends it to the batch. Returns false if the sample was skipped.
bool Loader::read(const Epoch& epoch, std::int64_t index, Batch& batch) const {
  auto random = random_of_sample(options_.seed, epoch.number, index);
  try {
    batch.labels.push_back(source_->read_labelled(
        index, random, batch.values.data() + batch.size * source_->shape().values()));
    return true;
  } catch (const Error& error) {
    if (!options_.skip_corrupt || error.kind() != ErrorKind::kInput) throw;
    batch.skipped.emplace_back(error.what());
    return false;
  }
}

}  // namespace staa::data
