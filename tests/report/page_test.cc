#include "staa/report/page.h"

#include <gtest/gtest.h>

#include "staa/report/html.h"

namespace staa::report {
namespace {

RunData run_of(const std::string& name) {
  RunData run;
  run.name = name;
  run.keys = {{"model.network", "'resnet20'"}, {"model.steps", "2"}, {"neuron.kind", "'lif'"}};
  run.recipe = "[model]\nsteps = 2\n";
  run.planned_epochs = 3;
  run.metrics = {{{"epoch", 1}, {"train_loss", 1.5}, {"test_top1", 40.125}},
                 {{"epoch", 2}, {"train_loss", 0.5}, {"test_top1", 60.0}, {"best_top1", 60.0}}};
  return run;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

nlohmann::json data_of(const std::string& page) {
  const std::string start = "id=\"data\">";
  const auto begin = page.find(start) + start.size();
  return nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

TEST(Html, EscapesAndEncodes) {
  EXPECT_EQ(escape("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(script_json({{"a", "</script><!--"}}), R"({"a":"\u003c/script>\u003c!--"})");
  EXPECT_EQ(png_address("Man"), "data:image/png;base64,TWFu");
  EXPECT_EQ(png_address("Ma"), "data:image/png;base64,TWE=");
  EXPECT_EQ(png_address("M"), "data:image/png;base64,TQ==");
  EXPECT_EQ(png_address(std::string("\xff\xfe\xfd\0", 4)), "data:image/png;base64,//79AA==");
}

TEST(Page, HasTheFiguresOfTheMetrics) {
  const auto page = render_page({run_of("a")}, {"now", "1"});
  EXPECT_TRUE(holds(page, "<td class=\"n\" data-key=\"test_top1\">40.12</td>") ||
              holds(page, "<td class=\"n\" data-key=\"test_top1\">40.13</td>"));
  EXPECT_TRUE(holds(page, "<td class=\"n\" data-key=\"train_loss\">0.5000</td>"));
  // A value that was not recorded is shown as a dash.
  EXPECT_TRUE(holds(page, "<td class=\"n\" data-key=\"learning_rate\">–</td>"));
  const auto data = data_of(page);
  EXPECT_EQ(data["runs"][0]["metrics"]["test_top1"], (nlohmann::json{40.125, 60.0}));
  EXPECT_EQ(data["runs"][0]["metrics"]["learning_rate"], (nlohmann::json{nullptr, nullptr}));
}

TEST(Page, SaysWhatIsMissing) {
  auto run = run_of("a");
  run.missing = {"unfinished: 2 of 3 epochs"};
  const auto page = render_page({run}, {"now", "1"});
  EXPECT_TRUE(holds(page, "<b>a</b>: unfinished: 2 of 3 epochs"));
  EXPECT_TRUE(holds(page, "Not measured."));
  EXPECT_TRUE(holds(page, "2 of 3"));
}

TEST(Page, LetsNoTextFromFilesBecomeMarkup) {
  const std::string evil = "</script><script>alert('\"x')</script>&";
  auto run = run_of(evil);
  run.folder = run.recipe = run.weights = evil;
  run.keys["model.network"] = evil;
  run.missing = {evil};
  run.environments = {{{"processor", evil}, {"cores", 2}}};
  run.classes = {evil, "b"};
  run.confusion = {{3, 1}, {0, 4}};
  run.layers = {{evil, evil, evil, evil, 1, 1, 1, 0.5, 1}};
  run.profiled_images = 1;
  run.worst = {{0, 0, 1, 0.5, 1, "png"}};
  run.samples = {{0, 0, 1, 0.5, "png", {{"Grad-CAM", {{evil, evil, "png"}}}}}};
  auto other = run_of("other");
  const auto page = render_page({run, other}, {evil, evil});
  EXPECT_FALSE(holds(page, "<script>alert"));
  // A quote is harmless in the charts' JSON, but elsewhere it could end an attribute.
  EXPECT_FALSE(holds(page.substr(0, page.find("id=\"data\"")), "alert('"));
  EXPECT_EQ(data_of(page)["runs"][0]["name"], evil);
}

TEST(Page, FetchesNothing) {
  const auto page = render_page({run_of("a")}, {"now", "1"});
  EXPECT_TRUE(holds(page, "default-src 'none'"));
  for (const char* word : {"<link", "src=\"http", "url(", "@import", "fetch(", "import("}) {
    EXPECT_FALSE(holds(page, word)) << word;
  }
}

TEST(Page, ShowsAMatrixOfFewClassesAndPairsOfMany) {
  auto run = run_of("a");
  run.confusion = {{8, 2}, {1, 9}};
  run.classes = {"cat", "dog"};
  EXPECT_TRUE(holds(render_page({run}, {}), "17 of 20 test samples right, 85.00 %"));
  EXPECT_TRUE(holds(render_page({run}, {}), "class=\"confusion\""));

  run.classes.clear();
  run.confusion.assign(30, std::vector<std::int64_t>(30));
  for (std::size_t i = 0; i < 30; ++i) run.confusion[i][i] = 4;
  run.confusion[7][3] = 6;
  const auto page = render_page({run}, {});
  EXPECT_FALSE(holds(page, "class=\"confusion\""));
  EXPECT_TRUE(holds(page,
                    "<th scope=\"row\">7</th><td>3</td><td class=\"n\">6</td>"
                    "<td class=\"n\">60.0</td>"));
}

TEST(Page, NamesTheKeysThatDiffer) {
  auto a = run_of("a");
  auto b = run_of("b");
  b.keys["neuron.kind"] = "'staa_lif'";
  const auto page = render_page({a, b}, {});
  EXPECT_TRUE(holds(page, "<th scope=\"row\">neuron.kind</th><td>lif</td><td>staa_lif</td>"));
  EXPECT_FALSE(holds(page, "<th scope=\"row\">model.steps</th>"));
}

}  // namespace
}  // namespace staa::report
