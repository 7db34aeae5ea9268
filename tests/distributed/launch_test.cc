#include "staa/distributed/launch.h"

#include <map>

#include "support/support.h"

namespace staa::distributed {
namespace {

using test::expect_error;

Launch read(const std::map<std::string, std::string>& variables) {
  return read_launch([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

TEST(Launch, WithoutALauncherAProcessIsAlone) {
  const auto launch = read({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}});  // a batch script
  EXPECT_TRUE(launch.alone());
  EXPECT_EQ(launch.rank, 0);
}

TEST(Launch, ReadsTorchrun) {
  const auto launch = read({{"RANK", "5"},
                            {"WORLD_SIZE", "8"},
                            {"LOCAL_RANK", "1"},
                            {"LOCAL_WORLD_SIZE", "4"},
                            {"MASTER_ADDR", "node0"},
                            {"MASTER_PORT", "29500"},
                            {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                            // The variables of the outer launcher are ignored.
                            {"SLURM_PROCID", "0"},
                            {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.size, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 4);
  EXPECT_EQ(launch.address, "node0");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_TRUE(launch.served);
}

TEST(Launch, ReadsMpirunOnOneMachineWithoutAnAddress) {
  const auto launch = read({{"OMPI_COMM_WORLD_RANK", "1"},
                            {"OMPI_COMM_WORLD_SIZE", "2"},
                            {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                            {"PMIX_NAMESPACE", "1234"}});
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.address, "127.0.0.1");
  EXPECT_GE(launch.port, 20000);
  EXPECT_LT(launch.port, 30000);
  EXPECT_FALSE(launch.served);
  const auto pmi = read(
      {{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALNRANKS", "2"}, {"MASTER_PORT", "4000"}});
  EXPECT_EQ(pmi.size, 2);
  EXPECT_EQ(pmi.port, 4000);
}

TEST(Launch, ReadsSlurmAndMeetsOnItsFirstNode) {
  const auto launch = read({{"SLURM_PROCID", "3"},
                            {"SLURM_STEP_NUM_TASKS", "4"},
                            {"SLURM_LOCALID", "1"},
                            {"SLURM_JOB_ID", "77"},
                            {"SLURM_STEP_TASKS_PER_NODE", "2(x2)"},
                            {"SLURM_STEP_NODELIST", "gpu[03-04]"}});
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 2);
  EXPECT_EQ(launch.address, "gpu03");
}

TEST(Launch, NamesTheVariableThatIsWrong) {
  expect_error(ErrorKind::kUsage, {"torchrun", "MASTER_PORT", "not set"}, [] {
    read({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}});
  });
  expect_error(ErrorKind::kUsage, {"RANK", "0 to 1", "'2'"}, [] {
    read({{"RANK", "2"}, {"WORLD_SIZE", "2"}});
  });
  expect_error(ErrorKind::kUsage, {"WORLD_SIZE", "'two'"}, [] {
    read({{"RANK", "0"}, {"WORLD_SIZE", "two"}});
  });
  expect_error(ErrorKind::kUsage, {"several machines", "MASTER_ADDR"}, [] {
    read({{"OMPI_COMM_WORLD_RANK", "0"},
          {"OMPI_COMM_WORLD_SIZE", "4"},
          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
          {"MASTER_PORT", "4000"}});
  });
}

TEST(Launch, FirstHostOfAList) {
  EXPECT_EQ(first_host("node7"), "node7");
  EXPECT_EQ(first_host("a,b"), "a");
  EXPECT_EQ(first_host("gpu[03-07,9],login"), "gpu03");
  EXPECT_EQ(first_host("rack[1,3]-eth"), "rack1-eth");
  expect_error(ErrorKind::kUsage, {"gpu[1"}, [] { first_host("gpu[1"); });
}

}  // namespace
}  // namespace staa::distributed
