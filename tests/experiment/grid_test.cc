#include "staa/experiment/grid.h"

#include <set>

#include "support/support.h"

namespace staa::experiment {
namespace {

std::vector<GridRun> expand_small(const std::string& name, GridOptions options = {}) {
  options.scale = Scale::kSmall;
  return expand(find_definition(name), options, "out");
}

void expect_usage_error(const std::string& name, const GridOptions& options,
                        const std::string& part) {
  try {
    expand(find_definition(name), options, "out");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Grid, HasEveryCellWithEverySeedSeedBySeed) {
  GridOptions options;
  options.seeds = 2;
  const auto runs = expand(find_definition("table4"), options, "out");
  ASSERT_EQ(runs.size(), 12U);
  EXPECT_EQ(runs[0].cell->name, "none");
  EXPECT_EQ(runs[5].cell->name, "gc-pe-sa-tsrd");
  EXPECT_EQ(runs[5].seed, 1);
  EXPECT_EQ(runs[6].recipe.seed, 2);
  EXPECT_EQ(runs[7].folder, std::filesystem::path("out/gc/seed-2"));
  EXPECT_EQ(runs[7].name(), "gc, seed 2");
}

TEST(Grid, AtPaperScaleIsTheBaseRecipeButForTheCell) {
  const auto base = recipe::parse_recipe(base_recipe("cifar100-resnet20-t4"), "base");
  for (const auto& run : expand(find_definition("table4"), {}, "out")) {
    if (run.seed != 1) continue;
    std::set<std::string> changed;
    for (const auto& d : recipe::differences(base, run.recipe)) changed.insert(d.path);
    for (const auto& path : changed) {
      EXPECT_TRUE(path == "neuron.gc" || path == "neuron.pe" || path == "neuron.sa" ||
                  path == "neuron.tsrd")
          << run.name() << ": " << path;
    }
    if (run.cell->name == "none") {
      EXPECT_EQ(changed.size(), 4U);
    }
    if (run.cell->name == "gc-pe-sa-tsrd") {
      EXPECT_TRUE(changed.empty());
    }
  }
}

TEST(Grid, ExpandsAtBothScalesWithCellsThatDiffer) {
  for (const auto& definition : definitions()) {
    for (const auto scale : {Scale::kPaper, Scale::kMedium, Scale::kSmall}) {
      SCOPED_TRACE(definition.name);
      GridOptions options;
      options.scale = scale;
      options.seeds = 1;
      if (scale == Scale::kMedium && definition.name.rfind("table", 0) == 0 &&
          definition.name != "table4") {
        expect_usage_error(definition.name, options, "medium");
        continue;
      }
      const auto runs = expand(definition, options, "out");
      EXPECT_EQ(runs.size(), cells_at(definition, scale).size());
      for (std::size_t a = 0; a < runs.size(); ++a) {
        for (std::size_t b = a + 1; b < runs.size(); ++b) {
          EXPECT_FALSE(recipe::differences(runs[a].recipe, runs[b].recipe).empty())
              << runs[a].name() << " is " << runs[b].name();
        }
      }
    }
  }
}

TEST(Grid, AtMediumScaleIsTheMediumRecipeButForTheCell) {
  const auto base = recipe::parse_recipe(base_recipe("cifar10-medium"), "base");
  GridOptions options;
  options.scale = Scale::kMedium;
  for (const auto& run : expand(find_definition("table4"), options, "out")) {
    for (const auto& d : recipe::differences(base, run.recipe)) {
      EXPECT_TRUE(d.path.rfind("neuron.", 0) == 0 || d.path == "seed") << d.path;
    }
    EXPECT_EQ(run.recipe.neuron.kind == NeuronKind::kLif, run.cell->name == "none");
  }
}

TEST(Grid, AtSmallScaleIsNarrowAndShort) {
  for (const auto& run : expand_small("fig3")) {
    EXPECT_EQ(run.recipe.data.set, "fashion-mnist");
    EXPECT_LE(run.recipe.model.width, 0.25);
    EXPECT_LE(run.recipe.train.epochs * run.recipe.data.limit_train, 20000);
    EXPECT_NE(run.recipe.description.find("small scale"), std::string::npos);
  }
  EXPECT_EQ(expand_small("table3").front().recipe.data.set, "n-mnist");
}

TEST(Grid, ReadsAFolderOfImagesAtSmallScale) {
  GridOptions options;
  options.data = "/pictures";
  const auto run = expand_small("fig5", options).front();
  EXPECT_EQ(run.recipe.data.set, "image-folder");
  EXPECT_EQ(run.recipe.data.path, "/pictures");
}

TEST(Grid, OverridesApplyToEveryCell) {
  GridOptions options;
  options.overrides = {"train.epochs=2", "neuron.tau=3"};
  for (const auto& run : expand_small("fig5", options)) {
    EXPECT_EQ(run.recipe.train.epochs, 2);
    EXPECT_EQ(run.recipe.neuron.tau, 3);
  }
}

TEST(Grid, RefusesOverridesOfItsAxesAndSeeds) {
  GridOptions options;
  options.overrides = {"neuron.tsrd=0.5"};
  expect_usage_error("fig3", options, "the cells of fig3 differ in neuron.tsrd");
  EXPECT_NO_THROW(expand(find_definition("fig5"), options, "out"));
  options.overrides = {"seed=5"};
  expect_usage_error("fig3", options, "--seeds");
  options.overrides = {"train.epoch=5"};
  expect_usage_error("fig3", options, "train.epochs");
}

TEST(Grid, RefusesOneFolderForTwoSets) {
  GridOptions options;
  options.data = "/data";
  expect_usage_error("table1", options, "2 data sets");
  EXPECT_NO_THROW(expand(find_definition("table4"), options, "out"));
}

}  // namespace
}  // namespace staa::experiment
