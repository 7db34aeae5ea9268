#include "staa/distributed/launch.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "staa/util/error.h"

namespace staa::distributed {
namespace {

constexpr const char* kLoopback = "127.0.0.1";

/// The variables of one launcher; nullptr for a variable that it does not set.
struct Names {
  const char* by;
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
  const char* job;  ///< the same in all processes of a job, and unique to it
};

constexpr Names kTorchrun{
    "torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "TORCHELASTIC_RUN_ID"};
constexpr Names kOpenMpi{"mpirun (Open MPI)",          "OMPI_COMM_WORLD_RANK",
                         "OMPI_COMM_WORLD_SIZE",       "OMPI_COMM_WORLD_LOCAL_RANK",
                         "OMPI_COMM_WORLD_LOCAL_SIZE", "PMIX_NAMESPACE"};
constexpr Names kPmi{"mpirun (PMI)",    "PMI_RANK",        "PMI_SIZE",
                     "MPI_LOCALRANKID", "MPI_LOCALNRANKS", "PMI_ID"};
// A batch script outside of srun also has SLURM_NTASKS, but no step.
constexpr Names kSlurm{"srun",          "SLURM_PROCID", "SLURM_STEP_NUM_TASKS",
                       "SLURM_LOCALID", nullptr,        "SLURM_JOB_ID"};

class Reader {
 public:
  Reader(const Environment& environment, const Names& names)
      : environment_(environment), names_(names) {}

  std::optional<std::string> text(const char* name) const {
    return name == nullptr ? std::nullopt : environment_(name);
  }

  /// Reads a number from `low` to `high`. Without a `fallback` the variable must be set.
  std::int64_t number(const char* name, std::int64_t low, std::int64_t high,
                      std::optional<std::int64_t> fallback = std::nullopt) const {
    const auto found = text(name);
    if (!found) {
      if (fallback) return *fallback;
      fail(ErrorKind::kUsage, "started by {}: the environment variable {} is not set", names_.by,
           name);
    }
    std::int64_t value = 0;
    const char* end = found->data() + found->size();
    const auto [stop, error] = std::from_chars(found->data(), end, value);
    if (error != std::errc() || stop != end || value < low || value > high) {
      fail(ErrorKind::kUsage, "{}: expected a number from {} to {}, found '{}'", name, low, high,
           *found);
    }
    return value;
  }

 private:
  const Environment& environment_;
  const Names& names_;
};

/// A port that two jobs on one machine are unlikely to share: 20000 to 29999, from a hash (FNV-1a)
/// of the job's name.
std::int64_t port_of(const std::string& job) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : job) hash = (hash ^ c) * 0x100000001b3;
  return 20000 + static_cast<std::int64_t>(hash % 10000);
}

std::string meeting_address(const Reader& reader, const Launch& launch) {
  if (const auto given = reader.text("MASTER_ADDR")) return *given;
  for (const char* nodes : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"}) {
    const auto list = reader.text(nodes);
    if (list && !list->empty()) return first_host(*list);
  }
  if (launch.local_size == launch.size) return kLoopback;
  fail(ErrorKind::kUsage,
       "started by {} on several machines: set MASTER_ADDR to the address of the one with rank 0",
       launch.by);
}

/// Parses Slurm's "4(x2),3": the first nodes have four tasks.
std::int64_t tasks_per_node(const Reader& reader) {
  const auto text = reader.text("SLURM_STEP_TASKS_PER_NODE").value_or("1");
  return std::max<std::int64_t>(1, std::atoll(text.c_str()));
}

Launch read(const Environment& environment, const Names& names) {
  const Reader reader(environment, names);
  constexpr std::int64_t kMost = 1 << 20;
  Launch launch;
  launch.by = names.by;
  launch.size = reader.number(names.size, 1, kMost);
  launch.rank = reader.number(names.rank, 0, launch.size - 1);
  if (launch.alone()) return launch;
  launch.local_size = names.local_size == nullptr
                          ? tasks_per_node(reader)
                          : reader.number(names.local_size, 1, launch.size, 1);
  launch.local_rank = reader.number(names.local_rank, 0, launch.size - 1, 0);
  launch.served = reader.text("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  const auto job = reader.text(names.job);
  launch.port = reader.number("MASTER_PORT", 1, std::numeric_limits<std::uint16_t>::max(),
                              job ? std::optional(port_of(*job)) : std::nullopt);
  launch.address = meeting_address(reader, launch);
  return launch;
}

}  // namespace

std::string first_host(const std::string& nodes) {
  const auto end = nodes.find_first_of(",[");
  if (end == std::string::npos || nodes[end] == ',') return nodes.substr(0, end);
  const auto number_end = nodes.find_first_of(",-]", end);
  const auto close = nodes.find(']', end);
  if (number_end == std::string::npos || close == std::string::npos) {
    fail(ErrorKind::kUsage, "a list of nodes: expected a ']', found '{}'", nodes);
  }
  const auto suffix_end = nodes.find(',', close);
  return nodes.substr(0, end) + nodes.substr(end + 1, number_end - end - 1) +
         nodes.substr(close + 1,
                      suffix_end == std::string::npos ? suffix_end : suffix_end - close - 1);
}

Launch read_launch(const Environment& environment) {
  for (const auto* names : {&kTorchrun, &kOpenMpi, &kPmi, &kSlurm}) {
    if (environment(names->rank) && environment(names->size)) return read(environment, *names);
  }
  return {};
}

Launch read_launch() {
  return read_launch([](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace staa::distributed
