#pragma once

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/distributed/launch.h"

namespace staa::distributed {

/// A sum over the processes that is in progress.
class Pending {
 public:
  Pending() = default;
  virtual ~Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  /// Waits until the tensor holds the sum. Throws the errors of Communicator.
  virtual void wait() = 0;
};

/// The processes that train one network together. All of them must make every call except simple
/// queries, in the same order and with contiguous tensors of the same shape and type.
///
/// If a process is lost (killed, stopped, disconnected) or reports a failure, the call throws
/// Error(kRuntime) naming its rank in all other processes. The communicator cannot be used after
/// that.
class Communicator {
 public:
  Communicator() = default;
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual const Launch& launch() const = 0;
  std::int64_t rank() const { return launch().rank; }
  std::int64_t size() const { return launch().size; }
  bool alone() const { return launch().alone(); }
  /// Whether this is rank 0, the only process that writes files and prints messages.
  bool leads() const { return rank() == 0; }

  /// Starts to sum `tensor` over all processes, in place; all get the same bits.
  virtual std::unique_ptr<Pending> start_sum(torch::Tensor tensor) = 0;
  void sum(const torch::Tensor& tensor) { start_sum(tensor)->wait(); }

  /// Replaces `tensor` by that of rank 0.
  virtual void broadcast(torch::Tensor tensor) = 0;

  /// Returns the `tensor` of every process, by rank.
  virtual std::vector<torch::Tensor> gather(const torch::Tensor& tensor) = 0;

  /// Tells the other processes why this one ends, so that they end with that message instead of a
  /// time-out. Called by this process alone; does not throw.
  virtual void report_failure(const std::string& message) noexcept = 0;

  /// Waits until all processes have made this call, after which each may end. Only simple queries
  /// are allowed afterwards.
  virtual void finish() = 0;
};

/// A communicator for a single process.
std::shared_ptr<Communicator> alone();

/// How long a fault may go unnoticed.
struct Patience {
  std::chrono::seconds lost{30};   ///< a process that is silent for this long counts as lost
  std::chrono::seconds join{300};  ///< time for all processes to reach the meeting point
};

/// Connects the processes that `launch` describes, over LibTorch's c10d with Gloo; returns alone()
/// if there is only one. Throws Error(kRuntime) naming the ranks that did not come, or
/// Error(kUsage) if this build has no Gloo.
std::shared_ptr<Communicator> connect(const Launch& launch, const Patience& patience = {});

/// Concatenates the rows of all processes, by rank: [n of rank, ...] -> [sum of n, ...]. The
/// numbers of rows may differ and may be 0.
torch::Tensor gather_rows(Communicator& all, const torch::Tensor& rows);

/// Returns the texts of all processes, by rank.
std::vector<std::string> gather_texts(Communicator& all, const std::vector<std::string>& texts);

}  // namespace staa::distributed
