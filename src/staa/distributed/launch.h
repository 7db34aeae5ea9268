#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace staa::distributed {

/// The rank and number of processes, and where they meet.
struct Launch {
  std::int64_t rank = 0;
  std::int64_t size = 1;
  std::int64_t local_rank = 0;  ///< rank among the processes of this machine
  std::int64_t local_size = 1;
  std::string address;  ///< address of rank 0's machine; empty for a single process
  std::int64_t port = 0;
  bool served = false;  ///< whether the launcher provides the store at address:port
  std::string by;       ///< name of the launcher, for messages

  bool alone() const { return size == 1; }
};

/// Whether connect() can connect more than one process in this build.
bool available();

/// Returns the value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads the variables that a launcher has set, in this order:
///   torchrun, staa train --processes   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE
///
///   Open MPI's mpirun                  OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE
///
///   MPICH's and Intel's mpirun         PMI_RANK, PMI_SIZE, MPI_LOCALRANKID, MPI_LOCALNRANKS
///
///   srun of Slurm                      SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID
///
/// The processes meet at MASTER_ADDR and MASTER_PORT if these are set. Otherwise the port is
/// derived from the job's name, and the address is this machine's if all processes run on it, or
/// that of the first of Slurm's nodes. If no launcher's variables are set, this is a single
/// process. Throws Error(kUsage) naming a variable that is missing, not a number or out of range.
Launch read_launch(const Environment& environment);

/// Reads the environment of this process.
Launch read_launch();

/// The first host of a list as Slurm writes them: "gpu[03-07,9],login" -> "gpu03".
std::string first_host(const std::string& nodes);

}  // namespace staa::distributed
