#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace staa::distributed {

/// Which of how many processes this one is, and where they meet.
struct Launch {
  std::int64_t rank = 0;
  std::int64_t size = 1;
  std::int64_t local_rank = 0;  ///< among those of this machine
  std::int64_t local_size = 1;
  std::string address;  ///< of the process of rank 0; empty for a process alone
  std::int64_t port = 0;
  bool served = false;  ///< the launcher itself keeps the store at address:port
  std::string by;       ///< who started it, for messages

  bool alone() const { return size == 1; }
};

/// The value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads what the launcher left in the environment, in this order:
///   torchrun, staa train --processes   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE
///   Open MPI's mpirun                  OMPI_COMM_WORLD_RANK, ..._SIZE, ..._LOCAL_RANK,
///   ..._LOCAL_SIZE MPICH's and Intel's mpirun         PMI_RANK, PMI_SIZE, MPI_LOCALRANKID,
///   MPI_LOCALNRANKS srun of Slurm                      SLURM_PROCID, SLURM_STEP_NUM_TASKS,
///   SLURM_LOCALID
/// The processes meet at MASTER_ADDR and MASTER_PORT where these are set. Without them the port
/// follows from the job's name, and the address is this machine's where all processes are here, or
/// the first of Slurm's nodes. None of these set: a process alone. Throws Error(kUsage) naming the
/// variable that is missing, not a number or out of range.
Launch read_launch(const Environment& environment);

/// The same from the environment of this process.
Launch read_launch();

/// The first host of a list as Slurm writes them: "gpu[03-07,9],login" -> "gpu03".
std::string first_host(const std::string& nodes);

}  // namespace staa::distributed
