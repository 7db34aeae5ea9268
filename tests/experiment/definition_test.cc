#include "staa/experiment/definition.h"

#include <set>

#include "staa/recipe/recipe.h"
#include "support/support.h"

namespace staa::experiment {
namespace {

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& definition : definitions()) out.push_back(definition.name);
  return out;
}

TEST(Definitions, AreThePapersTablesAndFiguresAndWhatItLeavesOpen) {
  EXPECT_EQ(names(), (std::vector<std::string>{"table1", "table2", "table3", "table4", "fig2",
                                               "pe-kind", "fig3", "fig5", "tsrd-fallback",
                                               "sa-reduction", "gc-start", "sa-gain"}));
}

TEST(Definitions, HaveCellsOfTheirOwnNames) {
  for (const auto& definition : definitions()) {
    SCOPED_TRACE(definition.name);
    std::set<std::string> seen;
    for (const auto& cell : definition.cells) {
      EXPECT_TRUE(seen.insert(cell.name).second) << cell.name;
      EXPECT_EQ(cell.name.find('/'), std::string::npos);
    }
    if (!definition.reference.empty()) {
      EXPECT_EQ(seen.count(definition.reference), 1U);
    }
  }
}

TEST(Definitions, EveryBaseRecipeNamesThePapersFigureOfItsRow) {
  // The recipes of Tables 1 to 3 state this accuracy in their descriptions too; both must agree.
  for (const char* name : {"table1", "table2", "table3"}) {
    for (const auto& cell : find_definition(name).cells) {
      const auto recipe = recipe::parse_recipe(base_recipe(cell.base), cell.base);
      const auto figure = fmt::format("{:.2f} ± {:.2f} %", *cell.paper, *cell.paper_std);
      EXPECT_NE(recipe.description.find(figure), std::string::npos)
          << cell.name << ": " << figure << " in " << recipe.description;
    }
  }
}

TEST(Definitions, Table4StepsAsThePaperSays) {
  const auto table = find_definition("table4");
  const double base = *table.cell("none").paper;
  EXPECT_NEAR(*table.cell("gc").paper - base, 0.92, 1e-9);
  EXPECT_NEAR(*table.cell("gc-pe").paper - base, 1.49, 1e-9);
  EXPECT_NEAR(*table.cell("gc-pe-tsrd").paper - base, 1.66, 1e-9);
  EXPECT_NEAR(*table.cell("gc-pe-sa").paper - base, 2.48, 1e-9);
  EXPECT_NEAR(*table.cell("gc-pe-sa-tsrd").paper - base, 2.80, 1e-9);
}

TEST(Definitions, AnUnknownNameGetsTheNearestOne) {
  try {
    find_definition("tabel4");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("did you mean 'table4'?"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(find_definition("fig5").cell("r-3"), Error);
  EXPECT_THROW(base_recipe("none"), Error);
}

}  // namespace
}  // namespace staa::experiment
