#include "staa/experiment/tables.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "staa/util/file.h"
#include "support/support.h"

namespace staa::experiment {
namespace {

/// Three cells: the reference with two runs, a cell with one run, and one that has not been run.
class Tables : public ::testing::Test {
 protected:
  Tables() {
    definition_ = {"demo",
                   "what \"quotes\" do",
                   "Table 9",
                   "More is better.",
                   "reference",
                   {{"reference", "a, with a comma", "base", {}, 70.0, 0.5},
                    {"better", "b \"quoted\"", "base", {"neuron.tau=3"}, 71.5, {}},
                    {"never", "c", "base", {}, {}, {}}}};
    summary_.definition = &definition_;
    summary_.options.scale = Scale::kSmall;
    summary_.options.overrides = {"train.epochs=2"};
    summary_.data = "mnist";
    summary_.runs = 6;
    summary_.finished = 3;
    add(0, {{1, 2, 60, 61, 1, 5}, {2, 2, 62, 62, 2, 5}});
    add(1, {{1, 2, 65, 66, 1, 5}});
    add(2, {});
    summary_.cells[1].difference = 65 - 71.5;
    summary_.cells[1].gain = gain_over(summary_.cells[0].last, summary_.cells[1].last);
    summary_.cells[1].paper_gain = 1.5;
  }

  void add(std::size_t index, const std::vector<Outcome>& runs) {
    CellSummary cell;
    cell.cell = &definition_.cells[index];
    cell.runs = runs;
    std::vector<double> last;
    std::vector<double> best;
    for (const auto& run : runs) {
      last.push_back(run.last_top1);
      best.push_back(run.best_top1);
    }
    cell.last = Statistic::of(last);
    cell.best = Statistic::of(best);
    summary_.cells.push_back(cell);
  }

  Definition definition_;
  Summary summary_;
};

TEST_F(Tables, MarkdownHasALineACellAndSaysTheScale) {
  const auto text = to_markdown(summary_);
  for (const char* part :
       {"# demo: what \"quotes\" do (Table 9), small scale", "**Small scale**", "More is better.",
        "3 of 6 runs, 3 seeds a cell, on mnist.", "`train.epochs=2`",
        "| a, with a comma | 2 | 61.00 ± 1.41 | 61.50 ± 0.71 | 1, 2 | 70.00 ± 0.50 |  |  |  |",
        "| b \"quoted\" | 1 | 65.00 | 66.00 | 1 | 71.50 | -6.50 | +4.00 | +1.50 |",
        "| c | not run |  |  |  |  |  |  |  |"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }
  summary_.options.scale = Scale::kPaper;
  EXPECT_EQ(to_markdown(summary_).find("mall scale"), std::string::npos);
}

TEST_F(Tables, CsvQuotesWhatItMust) {
  std::istringstream in(to_csv(summary_));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1],
            "demo,small,reference,\"a, with a comma\",2,61.0000,1.4142,61.5000,0.7071,70.0000,"
            "0.5000,,,,\r");
  EXPECT_EQ(lines[2],
            "demo,small,better,\"b \"\"quoted\"\"\",1,65.0000,,66.0000,,71.5000,,-6.5000,4.0000,,"
            "1.5000\r");
  EXPECT_EQ(lines[3], "demo,small,never,c,0,,,,,,,,,,\r");
}

TEST_F(Tables, JsonHoldsEveryRun) {
  const auto object = nlohmann::json::parse(to_json(summary_));
  EXPECT_EQ(object["scale"], "small");
  EXPECT_EQ(object["finished"], 3);
  const auto& cells = object["cells"];
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_EQ(cells[0]["runs"].size(), 2U);
  EXPECT_EQ(cells[0]["runs"][1]["seed"], 2);
  EXPECT_EQ(cells[0]["last_top1"]["mean"], 61);
  EXPECT_EQ(cells[0]["paper"], 70);
  EXPECT_TRUE(cells[1]["last_top1"]["std"].is_null());
  EXPECT_EQ(cells[1]["gain"]["value"], 4);
  EXPECT_EQ(cells[1]["gain"]["within_noise"], true);
  EXPECT_EQ(cells[1]["overrides"][0], "neuron.tau=3");
  EXPECT_TRUE(cells[2]["last_top1"].is_null());
}

TEST_F(Tables, AreWrittenAsThreeFiles) {
  const test::TempFolder folder;
  write_tables(summary_, folder.path());
  EXPECT_EQ(read_text_file(folder / "results.md"), to_markdown(summary_));
  EXPECT_EQ(read_text_file(folder / "results.csv"), to_csv(summary_));
  EXPECT_EQ(read_text_file(folder / "results.json"), to_json(summary_));
}

}  // namespace
}  // namespace staa::experiment
