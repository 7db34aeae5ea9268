#include "staa/distributed/watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "staa/util/error.h"

namespace staa::distributed {
namespace {

using std::chrono::seconds;

constexpr seconds kRound{1};
constexpr std::int64_t kBrokenRounds = 4;  // rounds without a change that mark a killed process
constexpr seconds kVerdictReadTime{
    5};  // time for all processes, including this one, to read a verdict
constexpr std::chrono::milliseconds kPoll{50};

std::string pulse_key(std::int64_t rank) { return "pulse/" + std::to_string(rank); }
std::string name_key(std::int64_t rank) { return "name/" + std::to_string(rank); }
constexpr const char* kVerdict = "verdict";
constexpr const char* kFirst = "verdict/first";
constexpr const char* kHeardBy = "verdict/heard";

std::vector<std::uint8_t> to_bytes(const std::string& text) { return {text.begin(), text.end()}; }
std::string to_text(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string own_name(std::int64_t rank) {
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("rank {} (process {} on {})", rank, ::getpid(), host);
}

}  // namespace

Watch::Watch(c10::intrusive_ptr<c10d::Store> store, Launch launch, const Patience& patience)
    : store_(std::move(store)),
      launch_(std::move(launch)),
      limit_(std::max<std::int64_t>(2, patience.lost / kRound)),
      pulses_(static_cast<std::size_t>(launch_.size)) {
  store_->set(name_key(launch_.rank), to_bytes(own_name(launch_.rank)));
  thread_ = std::thread([this] { run(); });
}

Watch::~Watch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watch::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    std::string failure;
    try {
      round();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    ++rounds_;
    if (!failure.empty() && !finishing_) {
      store_failure_ = failure;
      return;
    }
    changed_.wait_for(lock, kRound, [this] { return stopping_; });
  }
}

void Watch::round() {
  store_->add(pulse_key(launch_.rank), 1);
  if (finishing_) return;
  if (store_->check({kVerdict})) {
    const auto found = to_text(store_->get(kVerdict));
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!verdict_.empty()) return;
      verdict_ = found;
    }
    store_->add(kHeardBy, 1);
    return;
  }
  if (launch_.rank != 0) return follow(0);
  for (std::int64_t rank = 1; rank < launch_.size; ++rank) follow(rank);
}

void Watch::follow(std::int64_t rank) {
  auto& pulse = pulses_[static_cast<std::size_t>(rank)];
  const auto value = store_->add(pulse_key(rank), 0);
  pulse.still = value == pulse.value ? pulse.still + 1 : 0;
  pulse.value = value;
  if (pulse.still >= limit_) set_verdict(lost_message(name_of(rank), pulse.still));
}

std::string Watch::lost_message(const std::string& ranks, std::int64_t seconds) const {
  return fmt::format(
      "{} gave no sign of life for {} s: killed, stopped or cut off; the last checkpoint is kept, "
      "continue with --resume and as many processes as there are",
      ranks, seconds);
}

std::string Watch::name_of(std::int64_t rank) {
  if (!store_->check({name_key(rank)})) return fmt::format("rank {}", rank);
  return to_text(store_->get(name_key(rank)));
}

/// Only the first verdict counts.
void Watch::set_verdict(const std::string& verdict) {
  if (store_->add(kFirst, 1) == 1) store_->set(kVerdict, to_bytes(verdict));
}

std::string Watch::verdict() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!verdict_.empty()) return verdict_;
  if (store_failure_.empty()) return "";
  const auto keeper = launch_.served ? std::string("the launcher") : std::string("rank 0");
  return fmt::format("{} at {}:{} is gone: {}; the last checkpoint is kept, continue with --resume",
                     keeper, launch_.address, launch_.port,
                     store_failure_.substr(0, store_failure_.find('\n')));
}

void Watch::check() {
  const auto found = verdict();
  if (!found.empty()) throw Error(ErrorKind::kRuntime, found);
  // If the store's process is stopped, the store does not answer and the thread hangs in a round.
  const auto rounds = rounds_.load();
  slices_still_ = rounds == rounds_seen_ ? slices_still_ + 1 : 0;
  rounds_seen_ = rounds;
  if (slices_still_ * kSlice >= limit_ * kRound) {
    store_silent_ = true;
    fail(ErrorKind::kRuntime,
         "{} at {}:{} has not answered for {} s: stopped, or this process, rank {}, is cut off; "
         "the last checkpoint is kept, continue with --resume",
         launch_.served ? "the launcher" : "rank 0", launch_.address, launch_.port, limit_,
         launch_.rank);
  }
}

void Watch::explain(const std::string& why) {
  const auto patience = [this](std::int64_t rounds) {
    for (std::int64_t i = 0; i < rounds * (kRound / kSlice); ++i) {
      check();
      std::this_thread::sleep_for(kSlice);
    }
  };
  const auto line = why.substr(0, why.find('\n'));
  try {
    std::vector<std::int64_t> before;
    for (std::int64_t rank = 0; rank < launch_.size; ++rank) {
      before.push_back(store_->add(pulse_key(rank), 0));
    }
    patience(kBrokenRounds);
    std::string lost;
    for (std::int64_t rank = 0; rank < launch_.size; ++rank) {
      if (store_->add(pulse_key(rank), 0) != before[static_cast<std::size_t>(rank)]) continue;
      lost += (lost.empty() ? "" : ", ") + name_of(rank);
    }
    if (!lost.empty()) set_verdict(lost_message(lost, kBrokenRounds));
    patience(2);
  } catch (const Error&) {
    throw;
  } catch (const std::exception&) {
    patience(3);  // the store is gone, which the thread will detect too
  }
  fail(ErrorKind::kRuntime,
       "rank {}: the connection to another process broke, and all processes are alive: {}; the "
       "last checkpoint is kept, continue with --resume",
       launch_.rank, line);
}

void Watch::report(const std::string& message) {
  if (store_silent_ || !verdict().empty()) return;  // a verdict exists already
  // This runs in a separate thread, which may be left running: if the store's process is stopped,
  // the store does not answer.
  const auto done = std::make_shared<std::atomic<bool>>(false);
  std::thread([this, done, text = fmt::format("{}: {}", own_name(launch_.rank), message)] {
    try {
      set_verdict(text);
      while (!*done && store_->add(kHeardBy, 0) < launch_.size) {
        std::this_thread::sleep_for(kPoll);
      }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the store is gone
    }
    *done = true;
  }).detach();
  const auto until = std::chrono::steady_clock::now() + kVerdictReadTime;
  while (!*done && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kPoll);
  *done = true;
}

}  // namespace staa::distributed
