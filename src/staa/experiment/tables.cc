#include "staa/experiment/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "staa/util/file.h"

namespace staa::experiment {
namespace {

using Json = nlohmann::ordered_json;

/// "71.20 ± 0.35"; "71.20" for one run; "" for none.
std::string mean_and_deviation(const Statistic& s) {
  if (s.count == 0) return "";
  return s.deviation ? fmt::format("{:.2f} ± {:.2f}", s.mean, *s.deviation)
                     : fmt::format("{:.2f}", s.mean);
}

std::string points(const std::optional<double>& value) {
  return value ? fmt::format("{:+.2f}", *value) : "";
}

std::string gain_text(const std::optional<Gain>& gain) {
  if (!gain) return "";
  return gain->error ? fmt::format("{:+.2f} ± {:.2f}", gain->value, *gain->error)
                     : fmt::format("{:+.2f}", gain->value);
}

std::string paper_text(const Cell& cell) {
  if (!cell.paper) return "";
  return cell.paper_std ? fmt::format("{:.2f} ± {:.2f}", *cell.paper, *cell.paper_std)
                        : fmt::format("{:.2f}", *cell.paper);
}

/// The epochs with the best test accuracy, one per run: "3, 2, 3".
std::string best_epochs(const CellSummary& cell) {
  std::vector<std::int64_t> epochs;
  for (const auto& run : cell.runs) epochs.push_back(run.best_epoch);
  return fmt::format("{}", fmt::join(epochs, ", "));
}

std::string markdown_row(const CellSummary& cell) {
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", cell.cell->label,
                     cell.runs.empty() ? "not run" : std::to_string(cell.runs.size()),
                     mean_and_deviation(cell.last), mean_and_deviation(cell.best),
                     best_epochs(cell), paper_text(*cell.cell), points(cell.difference),
                     gain_text(cell.gain), points(cell.paper_gain));
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json to_object(const Statistic& s) {
  if (s.count == 0) return {};
  return {{"mean", s.mean}, {"std", or_null(s.deviation)}, {"runs", s.count}};
}

Json to_object(const std::optional<Gain>& gain) {
  if (!gain) return {};
  return {{"value", gain->value},
          {"standard_error", or_null(gain->error)},
          {"within_noise", gain->within_noise()}};
}

Json to_object(const Outcome& run) {
  return {{"seed", run.seed},
          {"epochs", run.epochs},
          {"last_top1", run.last_top1},
          {"best_top1", run.best_top1},
          {"best_epoch", run.best_epoch},
          {"train_seconds", run.train_seconds}};
}

Json to_object(const CellSummary& cell) {
  auto runs = Json::array();
  for (const auto& run : cell.runs) runs.push_back(to_object(run));
  return {{"name", cell.cell->name},
          {"label", cell.cell->label},
          {"base", cell.cell->base},
          {"overrides", cell.cell->overrides},
          {"last_top1", to_object(cell.last)},
          {"best_top1", to_object(cell.best)},
          {"paper", or_null(cell.cell->paper)},
          {"paper_std", or_null(cell.cell->paper_std)},
          {"difference", or_null(cell.difference)},
          {"gain", to_object(cell.gain)},
          {"paper_gain", or_null(cell.paper_gain)},
          {"runs", runs}};
}

/// A CSV field, quoted if necessary.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "";
}

std::string number(const Statistic& s) { return s.count > 0 ? fmt::format("{:.4f}", s.mean) : ""; }

}  // namespace

std::string to_markdown(const Summary& summary) {
  const auto& definition = *summary.definition;
  const auto scale = summary.options.scale;
  auto out =
      fmt::format("# {}: {} ({}){}\n\n", definition.name, definition.title, definition.source,
                  scale == Scale::kPaper ? "" : fmt::format(", {} scale", scale_name(scale)));
  out += "The paper: " + definition.claim + "\n\n";
  if (scale == Scale::kMedium) {
    out +=
        "**Medium scale**: a small network that learns quickly (configs/cifar10-medium.toml), the "
        "whole data set. The rows compare with one another, not with the paper's figures.\n\n";
  }
  if (scale == Scale::kSmall) {
    out +=
        "**Small scale**: narrow networks, few images and epochs, another data set than the "
        "paper's. The rows compare with one another, not with the paper's figures.\n\n";
  }
  out += fmt::format("{} of {} runs, {} seeds a cell, on {}.", summary.finished, summary.runs,
                     summary.options.seeds, summary.data);
  if (!summary.options.overrides.empty()) {
    out += fmt::format(" Set besides: `{}`.", fmt::join(summary.options.overrides, " "));
  }
  out +=
      " Test accuracy in percent, mean ± standard deviation over the seeds; difference: last "
      "epoch less the paper's";
  if (!definition.reference.empty()) {
    out += fmt::format("; gain: last epoch over \"{}\" ± its standard error",
                       definition.cell(definition.reference).label);
  }
  out +=
      ".\n\n| cell | runs | last epoch | best epoch | which | paper | difference | gain | "
      "paper's gain |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const auto& cell : summary.cells) out += markdown_row(cell);
  return out;
}

std::string to_csv(const Summary& summary) {
  std::string out =
      "experiment,scale,cell,label,runs,last_mean,last_std,best_mean,best_std,paper,paper_std,"
      "difference,gain,gain_standard_error,paper_gain\r\n";
  for (const auto& cell : summary.cells) {
    const auto& gain = cell.gain;
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", summary.definition->name,
                       scale_name(summary.options.scale), field(cell.cell->name),
                       field(cell.cell->label), cell.runs.size(), number(cell.last),
                       number(cell.last.deviation), number(cell.best), number(cell.best.deviation),
                       number(cell.cell->paper), number(cell.cell->paper_std),
                       number(cell.difference), gain ? number(gain->value) : "",
                       gain ? number(gain->error) : "", number(cell.paper_gain));
  }
  return out;
}

std::string to_json(const Summary& summary) {
  const auto& definition = *summary.definition;
  auto cells = Json::array();
  for (const auto& cell : summary.cells) cells.push_back(to_object(cell));
  const Json object{{"experiment", definition.name},
                    {"title", definition.title},
                    {"source", definition.source},
                    {"claim", definition.claim},
                    {"reference", definition.reference},
                    {"scale", scale_name(summary.options.scale)},
                    {"data", summary.data},
                    {"seeds", summary.options.seeds},
                    {"overrides", summary.options.overrides},
                    {"runs", summary.runs},
                    {"finished", summary.finished},
                    {"cells", cells}};
  return object.dump(2) + '\n';
}

void write_tables(const Summary& summary, const std::filesystem::path& folder) {
  write_file_atomically(folder / "results.md", to_markdown(summary));
  write_file_atomically(folder / "results.csv", to_csv(summary));
  write_file_atomically(folder / "results.json", to_json(summary));
}

}  // namespace staa::experiment
