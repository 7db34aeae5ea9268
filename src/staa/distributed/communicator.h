#pragma once

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/distributed/launch.h"

namespace staa::distributed {

/// A sum over the processes that is under way.
class Pending {
 public:
  Pending() = default;
  virtual ~Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  /// Until the tensor holds the sum. Throws as Communicator does.
  virtual void wait() = 0;
};

/// The processes that train one network together. Every call but the plain questions is made by
/// all of them, in the same order and with tensors of the same shape and type; tensors are
/// contiguous.
///
/// Where a process is lost (killed, stopped, cut off) or reports a failure, the call throws
/// Error(kRuntime) that names its rank, in all others; the communicator is of no use after that.
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
  /// Rank 0 alone writes files and speaks.
  bool leads() const { return rank() == 0; }

  /// Begins to add up `tensor` over all processes, in place; all get the same bits.
  virtual std::unique_ptr<Pending> start_sum(torch::Tensor tensor) = 0;
  void sum(const torch::Tensor& tensor) { start_sum(tensor)->wait(); }

  /// Makes `tensor` that of rank 0.
  virtual void broadcast(torch::Tensor tensor) = 0;

  /// Everyone's `tensor`, by rank.
  virtual std::vector<torch::Tensor> gather(const torch::Tensor& tensor) = 0;

  /// Tells the others why this process ends, so that they end with that message and not after a
  /// time-out. Called by this process alone; does not throw.
  virtual void report_failure(const std::string& message) noexcept = 0;

  /// Until all have come this far, after which each may end. Nothing but the plain questions may
  /// be called afterwards.
  virtual void finish() = 0;
};

/// Of a process by itself.
std::shared_ptr<Communicator> alone();

/// How long a fault may go unnoticed.
struct Patience {
  std::chrono::seconds lost{30};   ///< without a sign of life a process counts as lost
  std::chrono::seconds join{300};  ///< for all processes to come to the meeting place
};

/// Joins the processes that `launch` tells of, over LibTorch's c10d with Gloo; alone() where there
/// is one. Throws Error(kRuntime) naming the ranks that did not come, Error(kUsage) where this
/// build has no Gloo.
std::shared_ptr<Communicator> connect(const Launch& launch, const Patience& patience = {});

/// Whether connect can join more than one process, in this build.
bool available();

/// Everyone's tensor of one row or more, one after the other by rank: [n of rank, ...] -> [sum of
/// n, ...]. The numbers of rows may differ, even be 0.
torch::Tensor gather_rows(Communicator& all, const torch::Tensor& rows);

/// Everyone's texts, by rank.
std::vector<std::string> gather_texts(Communicator& all, const std::vector<std::string>& texts);

}  // namespace staa::distributed
