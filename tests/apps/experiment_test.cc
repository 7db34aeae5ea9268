#include <csignal>

#include "apps/tiny_command.h"
#include "run/compare_runs.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

/// Two cells of fig5 with one seed on the tiny data set: a grid of two runs of about a second each.
class ExperimentCommand : public TinyCommand {
 protected:
  std::vector<std::string> grid(const std::string& name,
                                const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"experiment",
                                       "fig5",
                                       "--scale",
                                       "small",
                                       "--seeds",
                                       "1",
                                       "--only",
                                       "r-1",
                                       "r-4",
                                       "--jobs",
                                       "1",
                                       "--out",
                                       out(name),
                                       "--set",
                                       "data.set=mnist",
                                       "data.path=" + (folder_ / "data").string(),
                                       "data.limit_train=0",
                                       "data.limit_test=0",
                                       "model.width=0.0625",
                                       "model.steps=2",
                                       "threads=1",
                                       "device=cpu",
                                       "train.batch=8",
                                       "train.epochs=2",
                                       "train.checkpoint_steps=1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::filesystem::path run(const std::string& name, const std::string& cell) const {
    return folder_ / name / cell / "seed-1";
  }

  void expect_same_runs(const std::string& a, const std::string& b) const {
    for (const char* cell : {"r-1", "r-4"}) {
      SCOPED_TRACE(cell);
      expect_same_checkpoint(run(a, cell) / "last.safetensors", run(b, cell) / "last.safetensors");
      EXPECT_EQ(read_metrics(run(a, cell)), read_metrics(run(b, cell)));
    }
  }
};

TEST_F(ExperimentCommand, RunsAGridOnceAndWritesItsTables) {
  const auto ended = run_staa(grid("grid", {"--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  expect_holds(ended.err, "[2/2] r-4, seed 1");
  const auto table = Json::parse(ended.out);
  EXPECT_EQ(table, Json::parse(read_text_file(folder_ / "grid" / "results.json")));
  EXPECT_EQ(table["scale"], "small");
  EXPECT_EQ(table["finished"], 2);
  EXPECT_EQ(table["runs"], 5);
  for (const auto& cell : table["cells"]) {
    const bool chosen = cell["name"] == "r-1" || cell["name"] == "r-4";
    ASSERT_EQ(cell["runs"].size(), chosen ? 1U : 0U) << cell["name"];
    if (!chosen) continue;
    const auto metrics = read_metrics(run("grid", cell["name"]));
    EXPECT_EQ(cell["runs"][0]["last_top1"], metrics.back()["test_top1"]);
    EXPECT_EQ(cell["runs"][0]["best_top1"], metrics.back()["best_top1"]);
    EXPECT_EQ(cell["runs"][0]["epochs"], 2);
  }
  expect_holds(read_text_file(folder_ / "grid" / "results.md"), "| r = 2 | not run |");

  const auto before = std::filesystem::last_write_time(run("grid", "r-1") / "last.safetensors");
  const auto again = run_staa(grid("grid"));
  EXPECT_EQ(again.code, 0) << again.err;
  expect_holds(again.err, "2 of 2 runs are done already");
  expect_holds(again.out, "**Small scale**");
  EXPECT_EQ(before, std::filesystem::last_write_time(run("grid", "r-1") / "last.safetensors"));

  const auto changed = run_staa(grid("grid", {"optimizer.lr=0.5"}));
  EXPECT_EQ(changed.code, 2);
  expect_holds(changed.err, "a run of another recipe is here");
  expect_holds(changed.err, "optimizer.lr: the run has 0.005, the experiment 0.5");
  const auto longer = run_staa(grid("grid", {"train.epochs=3"}));
  EXPECT_EQ(longer.code, 2);
  expect_holds(longer.err, "train.epochs");
}

TEST_F(ExperimentCommand, TakesFinishedRunsOfTheSameRecipeFromAnotherExperiment) {
  ASSERT_EQ(run_staa(grid("first")).code, 0);
  std::filesystem::remove_all(folder_ / "first" / "r-1");
  const auto ended = run_staa(grid("second", {"--reuse", out("first")}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  expect_holds(ended.err, "1 finished runs are copied");
  expect_holds(ended.err, "[2/2] r-1, seed 1");
  expect_same_checkpoint(run("first", "r-4") / "last.safetensors",
                         run("second", "r-4") / "last.safetensors");
  const auto other = run_staa(grid("third", {"neuron.tau=3", "--reuse", out("first")}));
  EXPECT_EQ(other.err.find("copied"), std::string::npos) << "of another recipe: " << other.err;
}

TEST_F(ExperimentCommand, AKilledGridGoesOnWhereItWas) {
  ASSERT_EQ(run_staa(grid("whole")).code, 0);
  {
    Process process(grid("parts"));
    ASSERT_TRUE(process.wait_for(
        [&] { return std::filesystem::exists(run("parts", "r-1") / "last.safetensors"); }));
    process.send(SIGKILL);
    EXPECT_EQ(process.wait().code, -1);
  }
  const auto resumed = run_staa(grid("parts"));
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  expect_same_runs("whole", "parts");
}

TEST_F(ExperimentCommand, ASignalStopsItsRunsCleanly) {
  ASSERT_EQ(run_staa(grid("whole")).code, 0);
  Process process(grid("parts"));
  ASSERT_TRUE(process.wait_for(
      [&] { return std::filesystem::exists(run("parts", "r-1") / "last.safetensors"); }));
  process.send(SIGINT);
  const auto stopped = process.wait();
  EXPECT_EQ(stopped.code, 128 + SIGINT) << stopped.err;
  expect_holds(stopped.err, "r-1, seed 1: stopped; the same command goes on with it");
  expect_holds(read_text_file(run("parts", "r-1") / "train.log"), "stopped by SIGINT");
  EXPECT_FALSE(std::filesystem::exists(run("parts", "r-4")));

  const auto planned = run_staa(grid("parts", {"--dry-run", "--json"}));
  ASSERT_EQ(planned.code, 0) << planned.err;
  const auto plan = Json::parse(planned.out);
  ASSERT_EQ(plan.size(), 2U);
  EXPECT_EQ(plan[0]["state"], "begun");
  EXPECT_EQ(plan[1]["state"], "new");

  ASSERT_EQ(run_staa(grid("parts")).code, 0);
  expect_same_runs("whole", "parts");
}

TEST_F(ExperimentCommand, AFailedRunDoesNotStopTheOthers) {
  // A file is in the place of the first cell's folder.
  std::filesystem::create_directories(folder_ / "grid");
  write_bytes(folder_ / "grid" / "r-1", "in the way");
  const auto ended = run_staa(grid("grid", {"--json"}));
  EXPECT_EQ(ended.code, 1);
  expect_holds(ended.err, "staa: error: r-1, seed 1: ");
  const auto table = Json::parse(ended.out);
  EXPECT_EQ(table["finished"], 1);
}

TEST_F(ExperimentCommand, TellsWhyATrainingFailed) {
  const auto ended = run_staa(grid("grid", {"optimizer.lr=1e30", "schedule.warmup_epochs=0"}));
  EXPECT_EQ(ended.code, 1);
  expect_holds(ended.err, "r-1, seed 1: exit code 1: staa: error: epoch 1, batch");
  expect_holds(ended.err, "r-4, seed 1: exit code 1");
  expect_holds(read_text_file(folder_ / "grid" / "results.md"), "0 of 5 runs");
}

TEST(ExperimentUsage, ListsAndRefuses) {
  const auto all = run_staa({"experiment", "--list"});
  EXPECT_EQ(all.code, 0);
  expect_holds(all.out, "tsrd-fallback");
  const auto one = run_staa({"experiment", "table4", "--list", "--json"});
  EXPECT_EQ(Json::parse(one.out).at(0)["cells"][5]["paper"], 75.10);
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"experiment"}, "--list"},
           {{"experiment", "tabel4"}, "did you mean 'table4'?"},
           {{"experiment", "fig5", "--only", "r-3"}, "unknown cell of fig5 'r-3'"},
           {{"experiment", "fig5", "--set", "seed=3"}, "--seeds"},
           {{"experiment", "fig5", "--scale", "tiny"}, "--scale"}}) {
    const auto ended = run_staa(arguments);
    EXPECT_EQ(ended.code, 2) << part;
    expect_holds(ended.err, part);
  }
}

}  // namespace
}  // namespace staa::test
