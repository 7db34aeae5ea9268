#include <fmt/format.h>

#include <algorithm>

#include "staa/report/cells.h"
#include "staa/report/html.h"
#include "staa/report/sections.h"
#include "staa/util/text.h"

namespace staa::report {
namespace {

using nlohmann::ordered_json;

std::string duration_of(const RunData& run) {
  if (run.metrics.empty() || !run.metrics.back().contains("train_seconds")) return "";
  return human_duration(run.metrics.back().value("train_seconds", 0.0));
}

/// The kind of neuron, with the blocks that a STAA neuron lacks: "staa_lif without SA".
std::string neuron_of(const RunData& run) {
  auto text = key_of(run, "neuron.kind");
  if (text != "staa_lif") return text;
  std::string off;
  for (const char* block : {"gc", "pe", "sa"}) {
    if (key_of(run, std::string("neuron.") + block) != "false") continue;
    std::string name = block;
    std::transform(name.begin(), name.end(), name.begin(), ::toupper);
    off += (off.empty() ? " without " : ", ") + name;
  }
  return text + off;
}

/// The best accuracy and its epoch: "91.08 in 7".
std::string best_cell(const ordered_json& last) {
  const auto best = number(last, "best_top1", 2);
  if (best.empty()) return figure_cell("");
  return fmt::format("<td class=\"n\">{} <span class=\"soft\">in {}</span></td>", best,
                     number(last, "best_epoch", 0));
}

std::string summary_row(const std::vector<RunData>& runs, std::size_t index) {
  const auto& run = runs[index];
  const ordered_json last = run.metrics.empty() ? ordered_json::object() : run.metrics.back();
  const auto epochs = run.planned_epochs > 0
                          ? fmt::format("{} of {}", run.metrics.size(), run.planned_epochs)
                          : std::to_string(run.metrics.size());
  std::string row = fmt::format("<tr><th scope=\"row\">{}</th>", run_label(runs, index));
  row += text_cell(key_of(run, "data.set"));
  row += text_cell(fmt::format("{} × {}, T = {}", key_of(run, "model.network"),
                               key_of(run, "model.width"), key_of(run, "model.steps")));
  row += text_cell(neuron_of(run));
  row += figure_cell(run.parameters > 0 ? with_thousands(run.parameters) : "");
  row += figure_cell(epochs);
  row += best_cell(last);
  row += figure_cell(number(last, "test_top1", 2));
  row += figure_cell(duration_of(run));
  row += figure_cell(run.firing_rate >= 0 ? fmt::format("{:.2f}", 100 * run.firing_rate) : "");
  row += figure_cell(run.firing_rate >= 0 ? fmt::format("{:.4f}", run.energy_mj) : "");
  return row + "</tr>\n";
}

/// A column of the epoch table: its key in metrics.jsonl, its heading and its decimal places.
struct MetricColumn {
  const char* key;
  const char* heading;
  int digits;
};
constexpr MetricColumn kMetricColumns[] = {{"epoch", "#epoch", 0},
                                           {"train_loss", "#train loss", 4},
                                           {"train_top1", "#train, %", 2},
                                           {"test_loss", "#test loss", 4},
                                           {"test_top1", "#test, %", 2},
                                           {"test_top5", "#test top-5, %", 2},
                                           {"learning_rate", "#learning rate", 6},
                                           {"images_per_s", "#images/s", 0}};

std::string metrics_table(const std::vector<RunData>& runs, std::size_t index) {
  std::vector<std::string> headings;
  for (const auto& column : kMetricColumns) headings.emplace_back(column.heading);
  auto html = fmt::format("<h3>{}</h3>\n", run_label(runs, index)) +
              table_start(headings, fmt::format("class=\"metrics\" data-run=\"{}\"", index));
  for (const auto& row : runs[index].metrics) {
    html += "<tr>";
    for (const auto& column : kMetricColumns) {
      html += figure_cell(number(row, column.key, column.digits),
                          fmt::format("data-key=\"{}\"", column.key));
    }
    html += "</tr>\n";
  }
  return html + table_end();
}

std::string environment_table(const std::vector<RunData>& runs) {
  const std::vector<std::pair<const char*, const char*>> columns{
      {"started", "started (UTC)"}, {"staa", "staa"},        {"libtorch", "LibTorch"},
      {"compiler", "compiler"},     {"system", "system"},    {"processor", "processor"},
      {"cores", "#cores"},          {"threads", "#threads"}, {"device", "device"}};
  std::vector<std::string> headings{"run"};
  for (const auto& [key, heading] : columns) headings.emplace_back(heading);
  auto html = table_start(headings);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<ordered_json> none(1, ordered_json::object());
    for (const auto& start : runs[i].environments.empty() ? none : runs[i].environments) {
      html += fmt::format("<tr><th scope=\"row\">{}</th>", run_label(runs, i));
      for (const auto& [key, heading] : columns) {
        const auto found = start.find(key);
        const auto text = found == start.end() ? ""
                          : found->is_string() ? found->template get<std::string>()
                                               : found->dump();
        html += heading[0] == '#' ? figure_cell(text) : text_cell(text);
      }
      html += "</tr>\n";
    }
  }
  return html + table_end();
}

/// A table of the keys that differ between the recipes.
std::string differences_table(const std::vector<RunData>& runs) {
  std::vector<std::string> headings{"key"};
  for (const auto& run : runs) headings.push_back(run.name);
  std::string rows;
  for (const auto& [key, value] : runs.front().keys) {
    const auto& name = key;
    const bool same = std::all_of(runs.begin(), runs.end(), [&](const RunData& run) {
      return key_of(run, name) == key_of(runs.front(), name);
    });
    if (same) continue;
    rows += "<tr>" + row_head(name);
    for (const auto& run : runs) rows += text_cell(key_of(run, name));
    rows += "</tr>\n";
  }
  if (rows.empty()) return "<p>The recipes are the same in every key.</p>\n";
  return table_start(headings) + rows + table_end();
}

}  // namespace

std::string summary_section(const std::vector<RunData>& runs) {
  auto html =
      table_start({"run", "data", "network", "neurons", "#parameters", "#epochs", "#best test, %",
                   "#last test, %", "#training", "#firing, %", "#energy, mJ"});
  for (std::size_t i = 0; i < runs.size(); ++i) html += summary_row(runs, i);
  html += table_end();
  std::string notes;
  for (const auto& run : runs) {
    for (const auto& note : run.missing) {
      notes += fmt::format("<li><b>{}</b>: {}</li>\n", escape(run.name), escape(note));
    }
  }
  if (!notes.empty()) html += "<ul class=\"notes\">\n" + notes + "</ul>\n";
  return section("summary", "Summary", html);
}

std::string curves_section(const std::vector<RunData>& runs) {
  const auto* note =
      "<span class=\"swatch\" style=\"--colour:currentColor\"></span>test &ensp;"
      "<span class=\"swatch rank-1\" style=\"--colour:currentColor\"></span>training";
  std::string html = "<div class=\"grid\">\n";
  html += chart("lines", "Accuracy, %", "test_top1 train_top1", "test training", "%", "2", note);
  html += chart("lines", "Loss", "test_loss train_loss", "test training", "", "4", note);
  html += chart("lines", "Learning rate", "learning_rate", "", "", "", "at the end of the epoch");
  html += chart("lines", "Images per second", "images_per_s", "", "images/s", "0", "in training");
  html += "</div>\n<details><summary>The figures, epoch by epoch</summary>\n";
  for (std::size_t i = 0; i < runs.size(); ++i) html += metrics_table(runs, i);
  return section("curves", "Training", html + "</details>\n");
}

std::string recipe_section(const std::vector<RunData>& runs) {
  auto html = environment_table(runs);
  if (runs.size() > 1) html += "<h3>Keys that differ</h3>\n" + differences_table(runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    html += fmt::format(
        "<details><summary>Recipe of {}</summary><pre tabindex=\"0\">{}</pre></details>\n",
        escape(runs[i].name), escape(runs[i].recipe));
  }
  return section("recipe", "Environment and recipe", html);
}

}  // namespace staa::report
