#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <tuple>
#include <utility>

#include "staa/distributed/communicator.h"
#include "staa/distributed/nccl.h"
#include "staa/distributed/store.h"
#include "staa/distributed/stranger.h"
#include "staa/distributed/watch.h"
#include "staa/util/error.h"

namespace staa::distributed {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

class AddressList {
 public:
  AddressList(const std::string& host, std::int64_t port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list_);
    if (status != 0) {
      fail(ErrorKind::kIo, "{}: no such host: {}", host, ::gai_strerror(status));
    }
  }
  ~AddressList() { ::freeaddrinfo(list_); }
  AddressList(const AddressList&) = delete;
  AddressList& operator=(const AddressList&) = delete;

  const addrinfo* first() const { return list_; }

 private:
  addrinfo* list_ = nullptr;
};

/// This machine's address as the other processes can reach it, on the route to rank 0. The host's
/// name is of no use, since it often resolves to the loopback address. A datagram socket finds the
/// route without sending anything.
std::string own_address(const Launch& launch) {
  const AddressList found(launch.address, launch.port);
  for (const auto* to = found.first(); to != nullptr; to = to->ai_next) {
    const int descriptor = ::socket(to->ai_family, SOCK_DGRAM, 0);
    if (descriptor < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char text[NI_MAXHOST] = "";
    const bool known = ::connect(descriptor, to->ai_addr, to->ai_addrlen) == 0 &&
                       ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
                       ::getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text, sizeof text,
                                     nullptr, 0, NI_NUMERICHOST) == 0;
    ::close(descriptor);
    if (known) return text;
  }
  fail(ErrorKind::kIo, "{}:{}: no route to it from this machine", launch.address, launch.port);
}

/// Since version 2.4 the store uses libuv by default, but Debian's LibTorch is built without it.
template <class Options>
auto avoid_libuv(Options& options, int) -> decltype(options.useLibUV = false, void()) {
  options.useLibUV = false;
}
template <class Options>
void avoid_libuv(Options&, long) {}

StorePointer open_store(const Launch& launch, bool keeps, seconds timeout) {
  c10d::TCPStoreOptions options;
  avoid_libuv(options, 0);
  options.port = static_cast<std::uint16_t>(launch.port);
  options.isServer = keeps;
  options.waitWorkers = false;
  options.timeout = timeout;
  try {
    return c10::make_intrusive<c10d::TCPStore>(launch.address, options);
  } catch (const std::exception& error) {
    fail(ErrorKind::kRuntime, "rank {}: {} {}:{}: {}", launch.rank,
         keeps ? "cannot keep the meeting place at" : "cannot reach rank 0 at", launch.address,
         launch.port, first_line(error.what()));
  }
}

/// The keys for this start of the job, since a launcher that provides the store may restart the
/// job.
StorePointer own_keys(const StorePointer& store) {
  const char* restarts = std::getenv("TORCHELASTIC_RESTART_COUNT");
  return c10::make_intrusive<c10d::PrefixStore>(
      fmt::format("staa/{}", restarts == nullptr ? "0" : restarts), store);
}

/// Waits until all processes are there; the error names those that are missing.
void meet(c10d::Store& store, const Launch& launch, seconds patience,
          std::chrono::steady_clock::time_point until) {
  const auto key = [](std::int64_t rank) { return fmt::format("here/{}", rank); };
  store.set(key(launch.rank), std::vector<std::uint8_t>{1});
  std::int64_t next = 0;
  while (next < launch.size) {
    if (store.check({key(next)})) {
      ++next;
    } else if (std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(50));
    } else {
      break;
    }
  }
  std::string missing;
  for (; next < launch.size; ++next) {
    if (!store.check({key(next)}))
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", next);
  }
  if (missing.empty()) return;
  fail(ErrorKind::kRuntime, "rank {}: waited {} s at {}:{} for {} processes; missing: rank {}",
       launch.rank, patience.count(), launch.address, launch.port, launch.size, missing);
}

/// Waits for c10d's work in slices, and checks the watch between them.
void wait_watched(c10d::Work& work, Watch& watch) {
  for (;;) {
    try {
      work.wait(Watch::kSlice);
      return;
    } catch (const std::exception& error) {
      if (work.isCompleted()) watch.explain(error.what());
    }
    watch.check();
  }
}

/// The same for NCCL's work. It is polled, since its wait would fail permanently after a time-out.
/// The device's current stream then waits for the work.
void wait_polled(c10d::Work& work, Watch& watch) {
  constexpr std::chrono::microseconds kPause(50);
  auto next_check = std::chrono::steady_clock::now() + Watch::kSlice;
  try {
    while (!work.isCompleted()) {
      std::this_thread::sleep_for(kPause);
      if (std::chrono::steady_clock::now() < next_check) continue;
      watch.check();
      next_check += Watch::kSlice;
    }
    work.wait();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    watch.explain(error.what());
  }
}

class Sum : public Pending {
 public:
  Sum(c10::intrusive_ptr<c10d::Work> work, bool polled, Watch& watch)
      : work_(std::move(work)), polled_(polled), watch_(watch) {}
  void wait() override { polled_ ? wait_polled(*work_, watch_) : wait_watched(*work_, watch_); }

 private:
  c10::intrusive_ptr<c10d::Work> work_;
  bool polled_;
  Watch& watch_;
};

/// Uses Gloo for tensors in memory. For tensors on CUDA devices it uses NCCL, or Gloo if there is
/// none.
class Group : public Communicator {
 public:
  Group(const Launch& launch, const Patience& patience) : launch_(launch) {
    watch_for_strangers(launch_);
    std::tie(store_, keys_, watch_store_) =
        exchange(launch_, patience.join, [launch, join = patience.join, keeps = keeps_store()] {
          const auto until = std::chrono::steady_clock::now() + join;
          const auto store = open_store(launch, keeps, join);
          const auto keys = own_keys(store);
          meet(*keys, launch, join, until);
          return std::make_tuple(store, keys, open_store(launch, false, join));
        });
    watch_ = std::make_unique<Watch>(own_keys(watch_store_), launch_, patience);
    const auto options = c10d::ProcessGroupGloo::Options::create();
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    options->devices.push_back(
        interface != nullptr
            ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
            : c10d::ProcessGroupGloo::createDeviceForHostname(own_address(launch_)));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        c10::make_intrusive<c10d::PrefixStore>("gloo", keys_), static_cast<int>(launch_.rank),
        static_cast<int>(launch_.size), options);
  }

  ~Group() override {
    // Threads of a group with a lost process wait for that process for half an hour. They are left
    // running until the program ends, together with everything that they use.
    if (!finished_) {
      static_cast<void>(group_.release());
      static_cast<void>(nccl_.release());
      static_cast<void>(watch_.release());
    }
  }

  const Launch& launch() const override { return launch_; }

  std::unique_ptr<Pending> start_sum(torch::Tensor tensor) override {
    const auto backend = backend_of(tensor);
    std::vector<torch::Tensor> tensors{std::move(tensor)};
    return pending(backend, [&] { return backend->allreduce(tensors); });
  }

  void broadcast(torch::Tensor tensor) override {
    const auto backend = backend_of(tensor);
    std::vector<torch::Tensor> tensors{std::move(tensor)};
    pending(backend, [&] { return backend->broadcast(tensors); })->wait();
  }

  std::vector<torch::Tensor> gather(const torch::Tensor& tensor) override {
    const auto backend = backend_of(tensor);
    std::vector<torch::Tensor> inputs{tensor};
    std::vector<std::vector<torch::Tensor>> outputs(1);
    for (std::int64_t i = 0; i < size(); ++i) outputs[0].push_back(torch::empty_like(tensor));
    pending(backend, [&] { return backend->allgather(outputs, inputs); })->wait();
    return std::move(outputs[0]);
  }

  void report_failure(const std::string& message) noexcept override {
    try {
      watch_->report(message);
    } catch (...) {  // NOLINT(bugprone-empty-catch): no process can be told then
    }
  }

  void finish() override {
    wait_watched(*started([&] { return group_->barrier(); }), *watch_);
    watch_->finish();
    wait_watched(*started([&] { return group_->barrier(); }), *watch_);
    finished_ = true;
  }

 private:
  bool keeps_store() const { return rank() == 0 && !launch_.served; }

  /// NCCL is opened for the first tensor on a device, which is at the same call in all processes.
  c10::intrusive_ptr<Backend> backend_of(const torch::Tensor& tensor) {
    if (!tensor.is_cuda()) return group_;
    if (!nccl_asked_for_) {
      nccl_asked_for_ = true;
      nccl_ =
          open_nccl(c10::make_intrusive<c10d::PrefixStore>("nccl", keys_), launch_.rank, size());
    }
    return nccl_.defined() ? nccl_ : c10::intrusive_ptr<Backend>(group_);
  }

  template <typename Start>
  std::unique_ptr<Pending> pending(const c10::intrusive_ptr<Backend>& backend, const Start& start) {
    return std::make_unique<Sum>(started(start), backend == nccl_, *watch_);
  }

  /// Starts work with `start`. An already broken connection is handled like one that breaks later.
  template <typename Start>
  c10::intrusive_ptr<c10d::Work> started(const Start& start) {
    try {
      return start();
    } catch (const std::exception& error) {
      watch_->explain(error.what());
    }
  }

  Launch launch_;
  StorePointer store_;
  StorePointer watch_store_;
  std::unique_ptr<Watch> watch_;
  StorePointer keys_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  c10::intrusive_ptr<Backend> nccl_;
  bool nccl_asked_for_ = false;
  bool finished_ = false;
};

class LocalStore : public Store {
 public:
  LocalStore() {
    Launch launch;
    launch.address = "127.0.0.1";
    launch.port = 0;
    store_ = open_store(launch, true, seconds(10));
  }
  std::int64_t port() const override {
    return static_cast<const c10d::TCPStore&>(*store_).getPort();
  }

 private:
  StorePointer store_;
};

}  // namespace

bool available() { return true; }

std::unique_ptr<Store> keep_store() { return std::make_unique<LocalStore>(); }

std::shared_ptr<Communicator> connect(const Launch& launch, const Patience& patience) {
  if (launch.alone()) return alone();
  return std::make_shared<Group>(launch, patience);
}

}  // namespace staa::distributed
