#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "staa/report/cells.h"
#include "staa/report/html.h"
#include "staa/report/sections.h"
#include "staa/util/text.h"

namespace staa::report {
namespace {

std::string costs_table(const std::vector<RunData>& runs, std::size_t index) {
  auto html = fmt::format("<h3>{}</h3>\n", run_label(runs, index)) +
              table_start({"layer", "kind", "reads", "output", "#parameters", "#MACs, M", "#ACs, M",
                           "#firing, %", "#energy, µJ"},
                          fmt::format("class=\"costs\" data-run=\"{}\"", index));
  for (const auto& layer : runs[index].layers) {
    html +=
        "<tr>" + row_head(layer.name) + text_cell(layer.kind) + text_cell(layer.input) +
        text_cell(layer.output) + figure_cell(with_thousands(layer.parameters)) +
        figure_cell(fmt::format("{:.3f}", layer.macs / 1e6)) +
        figure_cell(fmt::format("{:.3f}", layer.acs / 1e6)) +
        figure_cell(layer.firing_rate >= 0 ? fmt::format("{:.2f}", 100 * layer.firing_rate) : "") +
        figure_cell(fmt::format("{:.3f}", 1000 * layer.energy_mj)) + "</tr>\n";
  }
  return html + table_end();
}

/// The samples of one class that are predicted as another. They are sorted with the largest count
/// first.
struct Confused {
  std::int64_t label = 0;
  std::int64_t found = 0;
  std::int64_t count = 0;
  double share = 0;  ///< relative to the samples of that label
};

std::int64_t sum(const std::vector<std::int64_t>& counts) {
  std::int64_t total = 0;
  for (const auto count : counts) total += count;
  return total;
}

std::vector<Confused> commonest(const RunData& run, std::size_t count) {
  std::vector<Confused> pairs;
  for (std::size_t label = 0; label < run.confusion.size(); ++label) {
    const auto& row = run.confusion[label];
    const auto total = static_cast<double>(std::max<std::int64_t>(1, sum(row)));
    for (std::size_t found = 0; found < row.size(); ++found) {
      if (found == label || row[found] == 0) continue;
      pairs.push_back({static_cast<std::int64_t>(label), static_cast<std::int64_t>(found),
                       row[found], static_cast<double>(row[found]) / total});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Confused& a, const Confused& b) { return a.count > b.count; });
  if (pairs.size() > count) pairs.resize(count);
  return pairs;
}

std::string confusion_matrix(const RunData& run, std::size_t index) {
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\"><table class=\"confusion\" data-run=\"{}\"><thead><tr>"
      "<th scope=\"col\">is \\ found</th>",
      index);
  for (std::size_t i = 0; i < run.confusion.size(); ++i) {
    html += fmt::format("<th scope=\"col\">{}</th>",
                        escape(class_name(run, static_cast<std::int64_t>(i))));
  }
  html += "</tr></thead><tbody>\n";
  for (std::size_t label = 0; label < run.confusion.size(); ++label) {
    const auto& row = run.confusion[label];
    const auto total = static_cast<double>(std::max<std::int64_t>(1, sum(row)));
    html += "<tr>" + row_head(class_name(run, static_cast<std::int64_t>(label)));
    for (std::size_t found = 0; found < row.size(); ++found) {
      // The square root makes rare confusions visible beside the diagonal.
      const double share = 0.6 * std::sqrt(static_cast<double>(row[found]) / total);
      html += fmt::format("<td{} style=\"--share:{:.3f}\">{}</td>",
                          found == label ? " class=\"right\"" : "", share,
                          row[found] > 0 ? with_thousands(row[found]) : "");
    }
    html += "</tr>\n";
  }
  return html + table_end();
}

std::string confusion_pairs(const RunData& run) {
  constexpr std::size_t kPairs = 20;
  auto html = table_start({"is", "found", "#samples", "#of its class, %"});
  for (const auto& pair : commonest(run, kPairs)) {
    html += "<tr>" + row_head(class_name(run, pair.label)) +
            text_cell(class_name(run, pair.found)) + figure_cell(with_thousands(pair.count)) +
            figure_cell(fmt::format("{:.1f}", 100 * pair.share)) + "</tr>\n";
  }
  return html + table_end();
}

std::string confusion_of(const std::vector<RunData>& runs, std::size_t index) {
  constexpr std::size_t kMatrixClasses = 20;
  const auto& run = runs[index];
  std::int64_t right = 0;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < run.confusion.size(); ++i) {
    right += run.confusion[i][i];
    total += sum(run.confusion[i]);
  }
  const auto accuracy =
      100.0 * static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(1, total));
  const auto heading = fmt::format(
      "<h3>{}</h3><p class=\"soft\">{} of {} test samples right, {:.2f} %, with {} of epoch "
      "{}.</p>\n",
      run_label(runs, index), with_thousands(right), with_thousands(total), accuracy,
      escape(run.weights), run.weights_epoch);
  return heading + (run.confusion.size() <= kMatrixClasses ? confusion_matrix(run, index)
                                                           : confusion_pairs(run));
}

std::string worst_of(const std::vector<RunData>& runs, std::size_t index) {
  const auto& run = runs[index];
  auto html = fmt::format("<h3>{}</h3>\n<ul class=\"wrong\">\n", run_label(runs, index));
  for (const auto& wrong : run.worst) {
    const auto is = class_name(run, wrong.label);
    const auto found = class_name(run, wrong.found);
    html += fmt::format(
        "<li>{}<b>{}</b><br>found {}, {:.1f}&nbsp;%<br><span class=\"soft\">sample {}, loss&nbsp;"
        "{:.2f}</span></li>\n",
        picture(wrong.png, fmt::format("test sample {}: {}", wrong.index, is), "thumb"), escape(is),
        escape(found), 100 * wrong.probability, wrong.index, wrong.loss);
  }
  return html + "</ul>\n";
}

std::vector<std::string> layers_of(const SampleMaps& sample) {
  std::vector<std::string> layers;
  for (const auto& map : sample.strips.front().maps) layers.push_back(map.layer);
  return layers;
}

std::string strip_row(const MapStrip& strip, const std::vector<std::string>& layers) {
  std::string html = "<tr>" + row_head(strip.kind);
  for (const auto& layer : layers) {
    const auto map = std::find_if(strip.maps.begin(), strip.maps.end(),
                                  [&](const MapImage& one) { return one.layer == layer; });
    if (map == strip.maps.end()) {
      html += "<td></td>";
      continue;
    }
    html += fmt::format(
        "<td>{}{}</td>",
        picture(map->png, fmt::format("{} of {}, range {}", strip.kind, layer, map->range), "map"),
        escape(map->range));
  }
  return html + "</tr>\n";
}

std::string maps_of(const std::vector<RunData>& runs, std::size_t index, const SampleMaps& sample) {
  const auto& run = runs[index];
  auto html = fmt::format(
      "<h3>{}</h3>\n<div class=\"sample\">{}<div>test sample {}: <b>{}</b><br><span "
      "class=\"soft\">found {} with {:.1f} %; the maps speak for {}</span></div></div>\n",
      run_label(runs, index),
      picture(sample.png, fmt::format("test sample {}", sample.index), "input"), sample.index,
      escape(class_name(run, sample.label)), escape(class_name(run, sample.found)),
      100 * sample.probability, escape(class_name(run, sample.label)));
  if (sample.strips.empty()) return html;
  const auto layers = layers_of(sample);
  std::vector<std::string> columns{"layer"};
  columns.insert(columns.end(), layers.begin(), layers.end());
  html += table_start(columns, "class=\"maps\"");
  for (const auto& strip : sample.strips) html += strip_row(strip, layers);
  return html + table_end();
}

/// The `content` of each run that has some, or "not measured" if none has.
template <typename Has, typename Content>
std::string each_run(const std::vector<RunData>& runs, Has has, Content content) {
  std::string html;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (has(runs[i])) html += fmt::format("<div>{}</div>\n", content(i));
  }
  return html.empty() ? "<p class=\"soft\">Not measured.</p>\n" : html;
}

}  // namespace

std::string costs_section(const std::vector<RunData>& runs) {
  std::int64_t images = 0;
  for (const auto& run : runs) images = std::max(images, run.profiled_images);
  if (images == 0) {
    return section("costs", "Spikes and energy", "<p class=\"soft\">Not measured.</p>\n");
  }
  auto html = fmt::format(
      "<p class=\"soft\">Means over {} test samples. A firing rate is spikes a neuron and time "
      "step; "
      "energy is 4.6 pJ a multiply-accumulate and 0.9 pJ an accumulate, over all time steps of one "
      "sample.</p>\n<div class=\"grid\">\n",
      images);
  html += chart("bars", "Firing rate by layer, %", "firing_rate", "", "%", "2", "of its neurons");
  html += chart("bars", "Energy by layer, µJ", "energy_uj", "", "µJ", "3", "a sample");
  html += "</div>\n<details><summary>The figures, layer by layer</summary>\n";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].layers.empty()) html += costs_table(runs, i);
  }
  return section("costs", "Spikes and energy", html + "</details>\n");
}

std::string confusion_section(const std::vector<RunData>& runs) {
  return section("confusion", "Confusion",
                 each_run(
                     runs, [](const RunData& run) { return !run.confusion.empty(); },
                     [&](std::size_t i) { return confusion_of(runs, i); }));
}

std::string worst_section(const std::vector<RunData>& runs) {
  return section("worst", "Worst-classified samples",
                 each_run(
                     runs, [](const RunData& run) { return !run.worst.empty(); },
                     [&](std::size_t i) { return worst_of(runs, i); }));
}

std::string maps_section(const std::vector<RunData>& runs) {
  const auto content = each_run(
      runs, [](const RunData& run) { return !run.samples.empty(); },
      [&](std::size_t i) {
        std::string html;
        for (const auto& sample : runs[i].samples) html += maps_of(runs, i, sample);
        return html;
      });
  return section(
      "maps", "What the layers look at",
      "<p class=\"soft\">Layers from shallow to deep. Grad-CAM: where a layer's spikes speak for "
      "the "
      "class, over all time steps. GC: the weight of every pixel of the input X and of the "
      "membrane "
      "H, averaged over time. SA: gates, a row a channel, a column a time step. Each map has its "
      "own "
      "range, written under it: least <span class=\"scale\" role=\"img\" aria-label=\"dark violet "
      "over green to yellow\"></span> largest.</p>\n" +
          content);
}

}  // namespace staa::report
