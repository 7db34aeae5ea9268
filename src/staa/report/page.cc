#include "staa/report/page.h"

#include <fmt/format.h>

#include "staa/pictures/colour_map.h"
#include "staa/report/assets.h"
#include "staa/report/cells.h"
#include "staa/report/html.h"
#include "staa/report/sections.h"

namespace staa::report {
namespace {

using nlohmann::ordered_json;

/// The data for the charts, with null for what a run has not recorded.
ordered_json chart_data(const std::vector<RunData>& runs) {
  auto all = ordered_json::array();
  for (const auto& run : runs) {
    ordered_json metrics;
    for (const char* key : {"epoch", "train_loss", "train_top1", "test_loss", "test_top1",
                            "learning_rate", "images_per_s"}) {
      auto& values = metrics[key] = ordered_json::array();
      for (const auto& row : run.metrics) {
        const auto found = row.find(key);
        const bool known = found != row.end() && found->is_number();
        values.push_back(known ? *found : ordered_json());
      }
    }
    auto layers = ordered_json::array();
    for (const auto& layer : run.layers) {
      ordered_json one{{"name", layer.name}, {"energy_uj", 1000 * layer.energy_mj}};
      one["firing_rate"] =
          layer.firing_rate >= 0 ? ordered_json(100 * layer.firing_rate) : ordered_json();
      layers.push_back(std::move(one));
    }
    all.push_back({{"name", run.name}, {"metrics", metrics}, {"layers", layers}});
  }
  return {{"runs", all}};
}

/// A style with the pictures' colour map, for the scale in the text.
std::string scale_style() {
  std::string stops;
  constexpr int kStops = 16;
  for (int i = 0; i <= kStops; ++i) {
    const auto [r, g, b] = pictures::colour_of(static_cast<double>(i) / kStops);
    stops += fmt::format("{}rgb({} {} {})", i == 0 ? "" : ", ", r, g, b);
  }
  return fmt::format(".scale {{ background: linear-gradient(to right, {}); }}\n", stops);
}

std::string title_of(const std::vector<RunData>& runs) {
  std::string names;
  for (const auto& run : runs) names += (names.empty() ? "" : ", ") + run.name;
  return names;
}

std::string head(const std::vector<RunData>& runs) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: training report</title>\n"
      "<style>\n{}{}</style>\n"
      "<script>addEventListener('error', (e) => {{ document.documentElement.dataset.error = "
      "e.message; }});</script>\n</head>\n",
      escape(title_of(runs)), kPageStyle, scale_style());
}

std::string opening(const std::vector<RunData>& runs) {
  std::string labels;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    labels += fmt::format("{}{}", i == 0 ? "" : " &emsp; ", run_label(runs, i));
  }
  return fmt::format(
      "<body>\n<header><h1>Training report</h1>\n<div>{}</div>\n<nav aria-label=\"Sections\">"
      "<a href=\"#summary\">Summary</a><a href=\"#curves\">Training</a>"
      "<a href=\"#costs\">Spikes and energy</a><a href=\"#confusion\">Confusion</a>"
      "<a href=\"#worst\">Worst samples</a><a href=\"#maps\">Maps</a>"
      "<a href=\"#recipe\">Recipe</a></nav></header>\n<noscript><p>The charts need JavaScript; all "
      "their figures stand in the tables.</p></noscript>\n<main>\n",
      labels);
}

}  // namespace

std::string render_page(const std::vector<RunData>& runs, const PageFacts& facts) {
  auto page = head(runs) + opening(runs);
  page += summary_section(runs);
  page += curves_section(runs);
  page += costs_section(runs);
  page += confusion_section(runs);
  page += worst_section(runs);
  page += maps_section(runs);
  page += recipe_section(runs);
  page += fmt::format("</main>\n<footer>Made {} by staa {}.</footer>\n", escape(facts.made),
                      escape(facts.version));
  page += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n",
                      script_json(chart_data(runs)));
  return page + fmt::format("<script>\n{}</script>\n</body>\n</html>\n", kChartScript);
}

}  // namespace staa::report
