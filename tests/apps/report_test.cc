// Tests staa report, and its page in a browser. The latter is skipped without a browser: set
// STAA_CHROMIUM, or install Debian's package chromium.
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "apps/tiny_command.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

std::vector<Json> metrics_of(const std::filesystem::path& run) {
  std::vector<Json> rows;
  std::istringstream in(read_text_file(run / "metrics.jsonl"));
  for (std::string line; std::getline(in, line);) rows.push_back(Json::parse(line));
  return rows;
}

std::vector<std::smatch> all_matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  return {std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator()};
}

/// The text from the first `begin` to the next `end`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  EXPECT_NE(from, std::string::npos) << begin;
  if (from == std::string::npos) return "";
  return text.substr(from, text.find(end, from) - from);
}

class ReportCommand : public TinyCommand {
 protected:
  std::string page_path() const { return (folder_ / "page.html").string(); }
  Finished report(const std::vector<std::string>& runs) const {
    std::vector<std::string> arguments{"report", "-o", page_path(), "--images", "8"};
    arguments.insert(arguments.end(), runs.begin(), runs.end());
    return run_staa(arguments);
  }

  /// The page after the browser has run its script, or "" without a browser.
  std::string rendered() const {
    const char* chosen = std::getenv("STAA_CHROMIUM");
    const auto ended = run_program(
        chosen != nullptr ? chosen : "chromium",
        {"--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--window-size=1280,900",
         "--user-data-dir=" + (folder_ / "browser").string(), "file://" + page_path()});
    return ended.code == 0 ? ended.out : "";
  }
};

TEST_F(ReportCommand, WritesOnePageOnSeveralRuns) {
  ASSERT_EQ(run_staa(train()).code, 0);
  ASSERT_EQ(run_staa(train({"--set", "train.epochs=1", "neuron.kind=lif"}, "lif")).code, 0);
  const auto ended = report({out(), out("lif")});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("2 runs"), std::string::npos) << ended.out;
  const auto page = read_text_file(page_path());
  // Every test sample is in the confusion matrix of each run, and the energy is that of `staa
  // profile`.
  for (const auto& run : {out(), out("lif")}) {
    const auto profile = Json::parse(run_staa({"profile", run, "--json", "--images", "8"}).out);
    const auto energy = fmt::format("{:.4f}</td>", profile["energy_mj"].get<double>());
    EXPECT_NE(page.find(energy), std::string::npos) << energy;
    const auto top1 = Json::parse(run_staa({"eval", run, "--json"}).out)["top1"].get<double>();
    const auto right =
        fmt::format("{} of 40 test samples right, {:.2f} %", std::lround(0.4 * top1), top1);
    EXPECT_NE(page.find(right), std::string::npos) << right;
  }
  EXPECT_NE(page.find("Keys that differ"), std::string::npos);
  EXPECT_NE(page.find("data:image/png;base64,"), std::string::npos);
}

TEST_F(ReportCommand, SaysWhatAnUnfinishedRunLacks) {
  // One epoch has 30 steps.
  ASSERT_EQ(run_staa(train({"--set", "train.epochs=5", "train.max_steps=30"})).code, 0);
  std::filesystem::remove(folder_ / "run" / "best.safetensors");
  std::filesystem::remove(folder_ / "run" / "environment.jsonl");
  const auto ended = report({out()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto page = read_text_file(page_path());
  for (const char* note : {"unfinished: 1 of 5 epochs", "there is no best.safetensors yet",
                           "its environment was not recorded"}) {
    EXPECT_NE(page.find(note), std::string::npos) << note;
    EXPECT_NE(ended.err.find(note), std::string::npos) << note;
  }
}

TEST_F(ReportCommand, RefusesAFolderWithoutARun) {
  const auto ended = report({(folder_ / "data").string()});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("not the folder of a run"), std::string::npos) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(page_path()));
}

/// The values of one curve of a chart, read back from its path with the ticks of the axis.
std::vector<double> read_curve(const std::string& figure, int run, const std::string& key) {
  const auto ticks =
      all_matches(figure, "data-axis=\"y\" data-value=\"([^\"]+)\" data-place=\"([^\"]+)\"");
  if (ticks.size() < 2) return {};
  const auto value = [&](const std::smatch& m) { return std::stod(m[1]); };
  const auto place = [&](const std::smatch& m) { return std::stod(m[2]); };
  const double scale =
      (value(ticks.back()) - value(ticks.front())) / (place(ticks.back()) - place(ticks.front()));
  const auto tail = fmt::format("data-run=\"{}\" data-key=\"{}\"", run, key);
  for (const auto& path : all_matches(figure, "<path [^>]*>")) {
    const auto text = path.str();
    if (text.find(tail) == std::string::npos) continue;
    std::vector<double> values;
    for (const auto& point : all_matches(text, "[ML][-0-9.]+ ([-0-9.]+)")) {
      values.push_back(value(ticks.front()) + (std::stod(point[1]) - place(ticks.front())) * scale);
    }
    return values;
  }
  return {};
}

TEST_F(ReportCommand, ThePageShowsTheMetricsInABrowser) {
  ASSERT_EQ(run_staa(train()).code, 0);
  ASSERT_EQ(run_staa(train({"--set", "seed=2"}, "second")).code, 0);
  ASSERT_EQ(report({out(), out("second")}).code, 0);
  const auto dom = rendered();
  if (dom.empty()) GTEST_SKIP() << "no browser: set STAA_CHROMIUM or install chromium";
  const auto html = between(dom, "<html", ">");
  EXPECT_NE(html.find("data-drawn=\"yes\""), std::string::npos) << html;
  EXPECT_EQ(html.find("data-error"), std::string::npos) << html;

  const std::vector<std::string> names{"run", "second"};
  for (int i = 0; i < 2; ++i) {
    const auto rows = metrics_of(folder_ / names[static_cast<std::size_t>(i)]);
    ASSERT_EQ(rows.size(), 2U);
    // Check the table.
    const auto table =
        between(dom, fmt::format("class=\"metrics\" data-run=\"{}\"", i), "</table>");
    for (const auto& [key, digits] : {std::pair<const char*, int>{"train_loss", 4},
                                      {"train_top1", 2},
                                      {"test_loss", 4},
                                      {"test_top1", 2},
                                      {"learning_rate", 6}}) {
      const auto cells = all_matches(table, fmt::format("data-key=\"{}\">([^<]*)<", key).c_str());
      ASSERT_EQ(cells.size(), rows.size()) << key;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        EXPECT_EQ(cells[row][1].str(), fmt::format("{:.{}f}", rows[row][key].get<double>(), digits))
            << key;
      }
    }
    // Check the curves to a fraction of a pixel.
    for (const auto& [title, key] :
         {std::pair<const char*, const char*>{"Accuracy, %", "test_top1"},
          {"Accuracy, %", "train_top1"},
          {"Loss", "train_loss"},
          {"Loss", "test_loss"},
          {"Learning rate", "learning_rate"}}) {
      const auto figure = between(dom, fmt::format("data-title=\"{}\"", title), "</figure>");
      const auto drawn = read_curve(figure, i, key);
      ASSERT_EQ(drawn.size(), rows.size()) << key;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto value = rows[row][key].get<double>();
        EXPECT_NEAR(drawn[row], value, 0.002 * std::abs(value) + 1e-5) << key;
      }
    }
  }
}

}  // namespace
}  // namespace staa::test
